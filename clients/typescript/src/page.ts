// When a browser says that trying again makes sense.
import type { Outbox } from "./outbox.js";

/** Wakes the outbox when the network is back or the page is in front again. Gives a function that ends it. */
export function wakeWithPage(outbox: Outbox): () => void {
    const wake = () => outbox.wake();
    const seen = () => {
        if (document.visibilityState === "visible") outbox.wake();
    };
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", seen);
    return () => {
        removeEventListener("online", wake);
        document.removeEventListener("visibilitychange", seen);
    };
}

import { createRoot } from "react-dom/client";
import { App } from "./App.js";
import "./style.css";

createRoot(document.getElementById("page")!).render(<App />);

// The page's policy lets no text become a script's address but through here, and this knows one.
interface Trusted {
    trustedTypes?: {
        createPolicy(name: string, rules: object): { createScriptURL(text: string): string };
    };
}
const policy = (globalThis as Trusted).trustedTypes?.createPolicy("vvault-page", {
    createScriptURL: () => "worker.js",
});

// Only where there are workers: on HTTPS and on this machine itself.
void navigator.serviceWorker?.register(policy?.createScriptURL("") ?? "worker.js");

// Where one writes. The text stays until it is kept: a full or forbidden storage loses none of it.

import { useRef, useState } from "react";
import type { FormEvent, KeyboardEvent } from "react";

export function Composer({ onWrite }: { onWrite: (content: string) => Promise<void> }) {
    const [text, setText] = useState("");
    const [trouble, setTrouble] = useState("");
    const keeping = useRef(false);

    const send = async () => {
        // A second Enter before the first is kept would write the same once more.
        if (text.trim() === "" || keeping.current) return;
        keeping.current = true;
        try {
            await onWrite(text);
            setText("");
            setTrouble("");
        } catch (error) {
            setTrouble(`Not kept: ${(error as Error).message}.`);
        } finally {
            keeping.current = false;
        }
    };
    const submit = (event: FormEvent) => {
        event.preventDefault();
        void send();
    };
    const key = (event: KeyboardEvent) => {
        if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
        event.preventDefault();
        void send();
    };
    return (
        <form className="composer" onSubmit={submit}>
            <label htmlFor="message" className="unseen">
                Message
            </label>
            <textarea
                id="message"
                rows={2}
                value={text}
                placeholder="Write a message"
                aria-describedby="trouble"
                onKeyDown={key}
                onChange={(event) => setText(event.target.value)}
            />
            <button className="primary" disabled={text.trim() === ""}>
                Send
            </button>
            <p id="trouble" role="alert">
                {trouble}
            </p>
        </form>
    );
}

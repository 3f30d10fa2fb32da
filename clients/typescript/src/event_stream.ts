// The text/event-stream format, read from a response's body. EventSource reads it too, but cannot
// send an Authorization header, nor tell why the server refused.

export interface RawEvent {
    name: string;
    data: string;
    /** The last id that came, with this event or before it. */
    id: string;
}

export class EventReader {
    /** The place to go on from: an id counts once its block is complete. */
    lastId: string;
    retry: number | null = null;
    private readonly decoder = new TextDecoder("utf-8");
    private rest = "";
    private name = "";
    private data: string[] = [];
    private id: string | null = null;

    constructor(lastId = "") {
        this.lastId = lastId;
    }

    /** The events that are complete with these bytes. */
    take(bytes: Uint8Array): RawEvent[] {
        const text = this.rest + this.decoder.decode(bytes, { stream: true });
        // A CR at the end may be the first half of CR LF.
        const whole = Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r", text.length - 2)) + 1;
        this.rest = text.slice(whole);
        if (whole === 0) return [];
        const events: RawEvent[] = [];
        for (const line of text
            .slice(0, whole)
            .replace(/(\r\n|\n|\r)$/, "")
            .split(/\r\n|\n|\r/)) {
            const event = this.line(line);
            if (event) events.push(event);
        }
        return events;
    }

    private line(line: string): RawEvent | null {
        if (line === "") return this.dispatch();
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "event") this.name = value;
        else if (field === "data") this.data.push(value);
        else if (field === "id" && !value.includes("\0")) this.id = value;
        else if (field === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
        return null;
    }

    private dispatch(): RawEvent | null {
        if (this.id !== null) this.lastId = this.id;
        const event = { name: this.name || "message", data: this.data.join("\n"), id: this.lastId };
        const said = this.data.length > 0;
        this.name = "";
        this.data = [];
        this.id = null;
        return said ? event : null;
    }
}

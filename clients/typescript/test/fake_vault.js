// A vault that fits into memory and fails on demand: the messages of conversations, with client_id
// and seq as the real one has them. `faults` are taken one a request; each may answer in the
// vault's stead, or act after the message is stored and before the answer goes out.
import { createServer } from "node:http";
import { once } from "node:events";

export class FakeVault {
    conversations = new Map();
    faults = [];
    /** The fault of a message that never goes well, by what was sent. */
    trouble = null;
    requests = [];
    streams = new Set();
    token = "good";

    async start(port = 0) {
        this.server = createServer((request, response) => void this.answer(request, response));
        this.server.listen(port, "127.0.0.1");
        await once(this.server, "listening");
        this.port = this.server.address().port;
        return this;
    }

    get url() {
        return `http://127.0.0.1:${this.port}`;
    }

    async stop() {
        this.server.closeAllConnections();
        await new Promise((resolve) => this.server.close(resolve));
    }

    messages(name) {
        if (!this.conversations.has(name)) this.conversations.set(name, []);
        return this.conversations.get(name);
    }

    contents(name) {
        return this.messages(name).map((message) => message.content);
    }

    store(name, sent) {
        const messages = this.messages(name);
        const old = messages.find(
            (message) => sent.client_id && message.client_id === sent.client_id,
        );
        if (old) return { message: old, status: old.content === sent.content ? 200 : 409 };
        const seq = messages.length + 1;
        const message = {
            id: `${name}/${seq}`,
            seq,
            conversation: name,
            session_id: name,
            role: sent.role,
            content: sent.content,
            seat: null,
            model: null,
            client_id: sent.client_id ?? null,
            metadata: null,
            created_at: "2026-01-01T00:00:00Z",
            timestamp: sent.timestamp ?? null,
        };
        messages.push(message);
        return { message, status: 201 };
    }

    tell(...blocks) {
        for (const stream of this.streams) stream.write(blocks.join(""));
    }

    async answer(request, response) {
        let body = "";
        for await (const part of request) body += part;
        const url = new URL(request.url, "http://vault");
        const name = decodeURIComponent(url.pathname.split("/")[2] ?? "");
        const what = url.pathname.split("/")[3];
        this.requests.push({
            method: request.method,
            url: request.url,
            headers: request.headers,
            body,
            at: Date.now(),
        });
        const appends = what === "messages" && request.method === "POST";
        const fault = appends
            ? (this.faults.shift() ?? this.trouble?.(JSON.parse(body)))
            : undefined;
        if (fault?.before && (await fault.before(response, this)) !== "go on") return;
        if (request.headers.authorization !== `Bearer ${this.token}`)
            return problem(response, 401, { title: "A valid token is required" });
        if (what === "events") return this.open(response);
        if (what === undefined) return json(response, 200, { id: name, title: name });
        if (request.method === "GET") return json(response, 200, this.page(name, url.searchParams));
        const { message, status } = this.store(name, JSON.parse(body));
        if (fault?.after && (await fault.after(response, this)) !== "go on") return;
        if (status === 409)
            return problem(response, 409, {
                title: "Conflict",
                detail: "used for other content",
                code: "VV008",
            });
        json(response, status, message);
    }

    page(name, query) {
        const limit = Number(query.get("limit") ?? 100);
        const found = this.messages(name).filter(
            (message) =>
                message.seq > Number(query.get("after") ?? 0) &&
                message.seq < Number(query.get("before") ?? Infinity),
        );
        if (query.get("order") === "desc") found.reverse();
        const messages = found.slice(0, limit);
        return {
            messages,
            has_more: found.length > limit,
            next: found.length > limit ? messages.at(-1).seq : null,
        };
    }

    open(response) {
        response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
        response.write("retry: 5\n\nevent: ready\nid: r\ndata: {}\n\n");
        this.streams.add(response);
        response.on("close", () => this.streams.delete(response));
    }
}

export function json(response, status, value) {
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
}

export function problem(response, status, body, headers = {}) {
    response
        .writeHead(status, { "Content-Type": "application/problem+json", ...headers })
        .end(JSON.stringify({ type: "about:blank", status, ...body }));
}

export function eventBlock(message) {
    return `event: message\nid: e${message.seq}\ndata: ${JSON.stringify(message)}\n\n`;
}

/** Faults: the answer is lost after the message was stored; a refusal; somebody else answers. */
export const lostAnswer = { after: (response) => void response.destroy() };
export const lostRequest = { before: (response) => void response.destroy() };
export const halfAnswer = {
    after: (response) =>
        void response
            .writeHead(201, { "Content-Type": "application/json", "Content-Length": 500 })
            .write('{"id":"', () => response.destroy()),
};
export const refused = (status, body = {}, headers = {}) => ({
    before: (response) => void problem(response, status, body, headers),
});
export const portal = (status) => ({
    before: (response) =>
        void response
            .writeHead(status, { "Content-Type": "text/html" })
            .end("<html>Sign in to the Wi-Fi</html>"),
});

export async function until(condition, what, milliseconds = 5000) {
    for (const end = Date.now() + milliseconds; !condition();) {
        if (Date.now() > end) throw new Error(`waited for ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
    }
}

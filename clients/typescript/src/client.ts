// The HTTP API, one method a route. Nothing here keeps anything: see Outbox for what must not be
// lost, and ConversationView for what is shown.

import { follow } from "./follow.js";
import type { FollowOptions } from "./follow.js";
import { Unreachable } from "./problem.js";
import { Transport, whole } from "./transport.js";
import type { Token, TransportOptions } from "./transport.js";
import type {
    Conversation,
    FileContent,
    FileSummary,
    Identity,
    Message,
    NewConversation,
    NewMessage,
    Page,
    PageQuery,
    VaultEvent,
} from "./types.js";

export interface CallOptions {
    signal?: AbortSignal;
    retries?: number;
}

export class VaultClient {
    readonly transport: Transport;

    constructor(options: TransportOptions) {
        this.transport = new Transport(options);
    }

    /** For every request from now on; null goes back to the cookie. */
    setToken(token: Token | null): void {
        this.transport.setToken(token);
    }

    whoami(options: CallOptions = {}): Promise<Identity> {
        return this.transport.json("GET", "/whoami", { ...options, repeatable: true });
    }

    async conversations(
        query: { construct?: string; shared?: boolean } = {},
        options: CallOptions = {},
    ): Promise<Conversation[]> {
        const answer = await this.transport.json<{ conversations: Conversation[] }>(
            "GET",
            `/conversations${queryOf(query)}`,
            { ...options, repeatable: true },
        );
        return answer.conversations;
    }

    conversation(id: string, options: CallOptions = {}): Promise<Conversation> {
        return this.transport.json("GET", conversationPath(id), { ...options, repeatable: true });
    }

    /** With an id a second time is the same as once. */
    startConversation(
        conversation: NewConversation,
        options: CallOptions = {},
    ): Promise<Conversation> {
        return this.transport.json("POST", "/conversations", {
            ...options,
            send: conversation,
            repeatable: conversation.id !== undefined,
        });
    }

    changeConversation(
        id: string,
        change: { title?: string; ended?: true },
        options: CallOptions = {},
    ): Promise<Conversation> {
        return this.transport.json("PATCH", conversationPath(id), {
            ...options,
            send: change,
            repeatable: true,
        });
    }

    /** One page; `next` of it is the cursor for the one behind it (`after`, or `before` in descending order). */
    messages(
        conversation: string,
        query: PageQuery = {},
        options: CallOptions = {},
    ): Promise<Page> {
        return this.transport.json(
            "GET",
            `${conversationPath(conversation)}/messages${queryOf(query)}`,
            { ...options, repeatable: true },
        );
    }

    /** All messages behind `after`, page by page. */
    async *allMessages(
        conversation: string,
        after = 0,
        options: CallOptions = {},
    ): AsyncGenerator<Message> {
        for (let cursor: number | null = after; cursor !== null;) {
            const page: Page = await this.messages(
                conversation,
                { after: cursor, limit: 500 },
                options,
            );
            yield* page.messages;
            cursor = page.has_more ? page.next : null;
        }
    }

    async append(
        conversation: string,
        message: NewMessage,
        options: CallOptions = {},
    ): Promise<Message> {
        const stored = await this.transport.json<Message>(
            "POST",
            `${conversationPath(conversation)}/messages`,
            { ...options, send: message, repeatable: message.client_id !== undefined },
        );
        if (!Number.isInteger(stored.seq))
            throw new Unreachable("the answer is not the vault's: it has no seq");
        return stored;
    }

    /** All or none of them, in this order. */
    async appendAll(
        conversation: string,
        messages: NewMessage[],
        options: CallOptions = {},
    ): Promise<Message[]> {
        const repeatable = messages.every((message) => message.client_id !== undefined);
        const answer = await this.transport.json<{ messages: Message[] }>(
            "POST",
            `${conversationPath(conversation)}/messages`,
            { ...options, send: { messages }, repeatable },
        );
        return answer.messages;
    }

    /** Events of one conversation, or of all that the caller may see. */
    events(options: FollowOptions & { conversation?: string } = {}): AsyncGenerator<VaultEvent> {
        const path =
            options.conversation === undefined
                ? "/events"
                : `${conversationPath(options.conversation)}/events`;
        return follow(this.transport, path, options);
    }

    async files(prefix = "", options: CallOptions = {}): Promise<FileSummary[]> {
        const answer = await this.transport.json<{ files: FileSummary[] }>(
            "GET",
            `/files${queryOf({ prefix })}`,
            { ...options, repeatable: true },
        );
        return answer.files;
    }

    async getFile(
        path: string,
        query: { version?: number } = {},
        options: CallOptions = {},
    ): Promise<FileContent> {
        return this.transport.request(
            "GET",
            filePath(path) + queryOf(query),
            { ...options, repeatable: true },
            async (response) => ({
                bytes: new Uint8Array(await whole(response.arrayBuffer())),
                version: versionOf(response.headers.get("ETag")),
                media_type: response.headers.get("Content-Type") ?? "application/octet-stream",
            }),
        );
    }

    /** With `ifVersion` only over that version, 0 for a file that is not there: else a Problem 412. */
    putFile(
        path: string,
        content: BodyInit,
        file: { mediaType?: string; ifVersion?: number } = {},
        options: CallOptions = {},
    ): Promise<{ path: string; version: number }> {
        const headers: Record<string, string> = {
            "Content-Type": file.mediaType ?? "application/octet-stream",
        };
        if (file.ifVersion === 0) headers["If-None-Match"] = "*";
        else if (file.ifVersion !== undefined) headers["If-Match"] = `"${file.ifVersion}"`;
        return this.transport.json("PUT", filePath(path), { ...options, body: content, headers });
    }

    async deleteFile(path: string, options: CallOptions = {}): Promise<void> {
        await this.transport.request("DELETE", filePath(path), options);
    }
}

function conversationPath(id: string): string {
    return `/conversations/${encodeURIComponent(id)}`;
}

function filePath(path: string): string {
    return `/files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

function versionOf(etag: string | null): number | null {
    const digits = /"(\d+)/.exec(etag ?? "")?.[1];
    return digits === undefined ? null : Number(digits);
}

function queryOf(query: object): string {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
        if (value !== undefined && value !== "") parameters.set(name, String(value));
    const text = parameters.toString();
    return text && `?${text}`;
}

// What goes over the wire, with the names that the HTTP API gives it.

export type Role = "user" | "assistant" | "system" | (string & {});

export interface Message {
    id: string;
    /** From 1 without a gap: the order of the conversation. */
    seq: number;
    conversation: string;
    session_id: string;
    role: Role;
    content: string;
    seat: string | null;
    model: string | null;
    client_id: string | null;
    metadata: unknown;
    created_at: string | null;
    /** The sender's own text of the time, byte for byte. */
    timestamp: string | null;
}

export interface Conversation {
    id: string;
    session_id: string;
    external_id: string | null;
    construct: string | null;
    construct_title: string | null;
    title: string | null;
    started_at: string | null;
    ended_at: string | null;
    last_seq: number | null;
    updated_at: string | null;
    last_message_at: string | null;
    flags: unknown;
}

export interface NewMessage {
    role: Role;
    content: string;
    /** Makes the write idempotent; without one a lost answer cannot be asked for again. */
    client_id?: string;
    seat?: string;
    model?: string;
    timestamp?: string;
    metadata?: unknown;
    /** Begins the conversation, should it not be there yet. */
    construct?: string;
    title?: string;
}

export interface Page {
    messages: Message[];
    has_more: boolean;
    /** The cursor behind this page; null at the end. */
    next: number | null;
}

export interface PageQuery {
    after?: number;
    before?: number;
    limit?: number;
    order?: "asc" | "desc";
}

export interface NewConversation {
    id?: string;
    construct?: string;
    title?: string;
}

export interface Identity {
    user_id: string;
    email: string;
    display_name: string | null;
    [more: string]: unknown;
}

export interface FileSummary {
    path: string;
    filename: string;
    version: number;
    size: number;
    media_type: string | null;
    updated_at: string | null;
    deleted_at: string | null;
    [more: string]: unknown;
}

export interface FileContent {
    bytes: Uint8Array;
    version: number | null;
    media_type: string;
}

/** One event of a stream. There may be more kinds than these; ignore what you do not know. */
export type VaultEvent =
    | { type: "ready"; id: string; data: Record<string, never> }
    | { type: "message"; id: string; data: Message }
    | {
          type: "conversation.started" | "conversation.changed" | "conversation.ended";
          id: string;
          data: Conversation;
      }
    | { type: "reset"; id: string; data: unknown }
    | { type: "other"; name: string; id: string; data: unknown };

// A client of VVAULT's HTTP API that loses nothing it was given.
export { VaultClient } from "./client.js";
export type { CallOptions } from "./client.js";
export { EventReader } from "./event_stream.js";
export type { RawEvent } from "./event_stream.js";
export type { Connection, FollowOptions } from "./follow.js";
export { Outbox } from "./outbox.js";
export type { Draft, OutboxOptions, OutboxState } from "./outbox.js";
export { Problem, StorageProblem, Unreachable } from "./problem.js";
export { MemoryStore } from "./store.js";
export type { Entry, OutboxStore, Refusal } from "./store.js";
export { Timeline } from "./timeline.js";
export type { Item } from "./timeline.js";
export type { Token, TransportOptions } from "./transport.js";
export type * from "./types.js";
export { ConversationView } from "./view.js";
export type { ViewOptions, ViewState } from "./view.js";
export { pause, retryAfterOf } from "./waiting.js";
export type { Pace } from "./waiting.js";

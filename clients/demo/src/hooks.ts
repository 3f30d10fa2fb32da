// React reads the client's objects as what they are: sources that tell when they change.

import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { ConversationView, Outbox } from "vvault-client";
import type { Conversation, VaultClient } from "vvault-client";
import { IndexedDbStore, wakeWithPage } from "vvault-client/browser";
import { clientOf } from "./session.js";
import type { Session } from "./session.js";

interface Source {
    subscribe(listener: () => void): () => void;
}

export function useChanging<S extends Source, T>(source: S, read: (source: S) => T): T {
    const subscribe = useCallback((listener: () => void) => source.subscribe(listener), [source]);
    return useSyncExternalStore(subscribe, () => read(source));
}

export interface Vault {
    client: VaultClient;
    outbox: Outbox;
}

/** The vault as this person, for as long as the component lives. */
export function useVault(session: Session): Vault | null {
    const [vault, setVault] = useState<Vault | null>(null);
    useEffect(() => {
        const client = clientOf(session.token);
        // One store for each person: nobody sends what another has written.
        const outbox = new Outbox({
            client,
            store: new IndexedDbStore(`vvault-outbox-${session.userId}`),
        });
        const sleep = wakeWithPage(outbox);
        void outbox.open();
        setVault({ client, outbox });
        return () => {
            sleep();
            void outbox.close();
        };
    }, [session]);
    return vault;
}

export function useView({ client, outbox }: Vault, conversation: string): ConversationView | null {
    const [view, setView] = useState<ConversationView | null>(null);
    useEffect(() => {
        const opened = new ConversationView({ client, outbox, conversation });
        void opened.run();
        setView(opened);
        return () => opened.close();
    }, [client, outbox, conversation]);
    return view?.options.conversation === conversation ? view : null;
}

/** The list is read when the page opens, and again when `again` changes. */
export function useConversations(client: VaultClient, again: unknown): Conversation[] {
    const [conversations, setConversations] = useState<Conversation[]>([]);
    useEffect(() => {
        const stop = new AbortController();
        client.conversations({}, { signal: stop.signal }).then(setConversations, () => undefined);
        return () => stop.abort();
    }, [client, again]);
    return conversations;
}

/** The conversation stands in the address, so that a reload shows it again. */
export function useChosen(usual: string): [string, (conversation: string) => void] {
    const read = () => decodeURIComponent(location.hash.slice(1)) || usual;
    const [chosen, setChosen] = useState(read);
    useEffect(() => {
        const changed = () => setChosen(read());
        addEventListener("hashchange", changed);
        return () => removeEventListener("hashchange", changed);
    }, []);
    return [chosen, (conversation) => (location.hash = encodeURIComponent(conversation))];
}

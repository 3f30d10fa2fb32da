// One conversation: its messages, what it is waiting for, and a place to write.

import { useEffect } from "react";
import type { ConversationView, Outbox } from "vvault-client";
import { Composer } from "./Composer.js";
import { useChanging, useView } from "./hooks.js";
import type { Vault } from "./hooks.js";
import { Messages } from "./Messages.js";

interface ChatProps {
    vault: Vault;
    conversation: string;
    onLeave: (why: string) => void;
    /** The vault answers (again): what is beside the conversation may be new. */
    onNews: () => void;
}

export function Chat(props: ChatProps) {
    const view = useView(props.vault, props.conversation);
    return view && <OpenChat {...props} view={view} />;
}

function OpenChat({
    vault: { outbox },
    conversation,
    view,
    onLeave,
    onNews,
}: ChatProps & { view: ConversationView }) {
    const state = useChanging(view, (source) => source.state);
    const title = useChanging(view, (source) => source.conversation?.title ?? null);
    useEffect(() => {
        if (state.connection === "open") onNews();
        if (state.connection !== "refused") return;
        if (state.problem.wantsToken)
            onLeave("Your sign-in is over. What you wrote is kept: sign in to send it.");
    }, [state.connection]);

    // Callsigns of a canonical name: who answers here, should it have to be begun.
    const construct = /^([a-z0-9-]+)_chat_with_\1$/.exec(conversation)?.[1];
    return (
        <main className="chat">
            <header>
                <h2>{title ?? construct ?? conversation}</h2>
                <Status view={view} outbox={outbox} />
            </header>
            <Messages view={view} outbox={outbox} />
            <Composer
                onWrite={async (content) => {
                    await outbox.write(conversation, { content, ...(construct && { construct }) });
                }}
            />
        </main>
    );
}

function Status({ view, outbox }: { view: ConversationView; outbox: Outbox }) {
    const connection = useChanging(view, (source) => source.state.connection);
    const sending = useChanging(outbox, (source) => source.state);
    const pending = useChanging(
        view,
        (source) => source.items.filter((item) => item.state === "pending").length,
    );
    const away = connection === "waiting" || sending.phase === "waiting";
    const what =
        sending.phase === "storage"
            ? sending.reason
            : away
              ? "The vault is away"
              : connection === "refused"
                ? "The vault does not show this conversation"
                : connection === "connecting"
                  ? "Connecting"
                  : "In step";
    return (
        <p role="status" data-state={away ? "away" : connection}>
            <span className="dot" aria-hidden="true" />
            {what}
            {pending > 0 && ` · ${pending} to be sent`}
        </p>
    );
}

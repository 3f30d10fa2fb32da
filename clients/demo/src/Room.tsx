// The page of somebody who is signed in: conversations at the side, one of them in the middle.

import { useEffect, useState } from "react";
import type { FormEvent } from "react";
import { Chat } from "./Chat.js";
import { useChanging, useChosen, useConversations, useVault } from "./hooks.js";
import type { Vault } from "./hooks.js";
import type { Session } from "./session.js";

export interface RoomProps {
    session: Session;
    onLeave: (why: string) => void;
}

export function Room(props: RoomProps) {
    const vault = useVault(props.session);
    return vault && <OpenRoom {...props} vault={vault} />;
}

function OpenRoom({ session, onLeave, vault }: RoomProps & { vault: Vault }) {
    const [chosen, choose] = useChosen("zen-001_chat_with_zen-001");
    const [again, setAgain] = useState(0);
    const conversations = useConversations(vault.client, again);
    const phase = useChanging(vault.outbox, (outbox) => outbox.state.phase);
    const unsent = useChanging(vault.outbox, (outbox) => outbox.entries().length);
    useEffect(() => {
        if (phase === "signed-out")
            onLeave("Your sign-in is over. What you wrote is kept: sign in to send it.");
    }, [phase]);

    const begin = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault();
        const name = String(new FormData(event.currentTarget).get("construct")).trim();
        if (name) choose(`${name}_chat_with_${name}`);
        event.currentTarget.reset();
    };
    const ids = conversations.map((one) => one.id);
    return (
        <div className="room">
            <nav aria-label="Conversations">
                <h1>VVAULT</h1>
                <ul>
                    {(ids.includes(chosen) ? ids : [chosen, ...ids]).map((id) => (
                        <li key={id}>
                            <a
                                href={`#${encodeURIComponent(id)}`}
                                aria-current={id === chosen ? "page" : undefined}
                            >
                                {conversations.find((one) => one.id === id)?.title ??
                                    id.replace(/_chat_with_.*/, "")}
                            </a>
                        </li>
                    ))}
                </ul>
                <form onSubmit={begin}>
                    <label htmlFor="construct">Talk with</label>
                    <input
                        id="construct"
                        name="construct"
                        placeholder="nova-001"
                        pattern="[a-z0-9\-]+"
                        required
                    />
                    <button>Open</button>
                </form>
                <footer>
                    <span title={session.userId}>{session.email}</span>
                    <button
                        onClick={() =>
                            onLeave(unsent ? `${unsent} unsent, kept in this browser.` : "")
                        }
                    >
                        Sign out
                    </button>
                </footer>
            </nav>
            <Chat
                key={chosen}
                vault={vault}
                conversation={chosen}
                onLeave={onLeave}
                onNews={() => setAgain(again + 1)}
            />
        </div>
    );
}

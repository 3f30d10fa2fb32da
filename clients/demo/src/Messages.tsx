// The list of messages. Content is text and nothing else: no HTML, no links made of it.

import { useLayoutEffect, useRef } from "react";
import type { ConversationView, Item, Outbox } from "vvault-client";
import { useChanging } from "./hooks.js";

export function Messages({ view, outbox }: { view: ConversationView; outbox: Outbox }) {
    const items = useChanging(view, (source) => source.items);
    const earlier = useChanging(view, (source) => source.hasEarlier);
    const list = useRef<HTMLDivElement>(null);
    const atEnd = useRef(true);
    useLayoutEffect(() => {
        if (atEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
    }, [items]);
    const scrolled = ({ currentTarget: at }: { currentTarget: HTMLDivElement }) => {
        atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 40;
    };
    return (
        <div
            className="messages"
            ref={list}
            onScroll={scrolled}
            tabIndex={0}
            role="region"
            aria-label="Messages"
        >
            {earlier && <button onClick={() => void view.loadEarlier()}>Earlier messages</button>}
            {items.length === 0 && <p className="empty">Nothing has been said here yet.</p>}
            <ol role="log" aria-live="polite" aria-relevant="additions">
                {items.map((item) => (
                    <Line key={item.key} item={item} outbox={outbox} />
                ))}
            </ol>
        </div>
    );
}

function Line({ item, outbox }: { item: Item; outbox: Outbox }) {
    const said = {
        stored: "",
        pending: "Waiting to be sent",
        failed: `Not accepted: ${item.reason}`,
    }[item.state];
    return (
        <li
            className={item.role === "user" ? "mine" : "theirs"}
            data-state={item.state}
            data-seq={item.seq ?? undefined}
        >
            <span className="who">{item.role === "user" ? "You" : item.role}</span>
            <p className="content">{item.content}</p>
            <span className="when">
                <time dateTime={item.timestamp}>{timeOf(item.timestamp)}</time>
                {said && <strong>{said}</strong>}
                {item.state === "failed" && (
                    <>
                        <button onClick={() => void outbox.retry(item.clientId!)}>Try again</button>
                        <button onClick={() => void outbox.discard(item.clientId!)}>Discard</button>
                    </>
                )}
            </span>
        </li>
    );
}

function timeOf(text: string): string {
    const time = new Date(text);
    return Number.isNaN(time.getTime())
        ? text
        : time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

// Signed in or not: that decides what is shown.

import { useState } from "react";
import { Room } from "./Room.js";
import { keptSession, signOut } from "./session.js";
import type { Session } from "./session.js";
import { SignIn } from "./SignIn.js";

export function App() {
    const [session, setSession] = useState<Session | null>(keptSession);
    const [notice, setNotice] = useState("");
    if (!session) return <SignIn notice={notice} onSession={setSession} />;

    const leave = (why: string) => {
        void signOut(session);
        setNotice(why);
        setSession(null);
    };
    return <Room key={session.userId} session={session} onLeave={leave} />;
}

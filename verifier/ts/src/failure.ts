// How a check ends when it does not succeed. Nothing here returns false: a verdict that
// was not looked at must not pass for a good one.

/** What was checked is not what was signed. */
export class NotVerified extends Error {
    override name = "NotVerified";
}

/** What was handed in cannot be judged: no proof, no key, not the right form. */
export class Unusable extends Error {
    override name = "Unusable";
}

/** This browser, or this page, has not the cryptography that a check needs. */
export class Unsupported extends Error {
    override name = "Unsupported";
}

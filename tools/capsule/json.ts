// JSON that comes back as it was written: numbers keep their text, members their order. Fingerprints
// are hashes over such text, and 0.90 or 1.0 read as a number would not be the same any more.

export class RawNumber {
    readonly text: string;
    constructor(text: string) {
        this.text = text;
    }
}
export type Value = null | boolean | string | RawNumber | Value[] | Map<string, Value>;

const deepest = 200;

export function parse(text: string): Value {
    const reader = new Reader(text);
    const value = reader.value(0);
    reader.end();
    return value;
}

class Reader {
    private at = 0;
    private readonly text: string;
    constructor(text: string) {
        this.text = text.startsWith("\uFEFF") ? text.slice(1) : text;
    }

    end(): void {
        this.blank();
        if (this.at !== this.text.length) this.fail();
    }

    value(depth: number): Value {
        if (depth > deepest) this.fail();
        this.blank();
        const next = this.text[this.at];
        if (next === "{") return this.object(depth);
        if (next === "[") return this.array(depth);
        if (next === '"') return this.string();
        for (const [word, value] of [["null", null], ["true", true], ["false", false]] as const)
            if (this.text.startsWith(word, this.at)) {
                this.at += word.length;
                return value;
            }
        return new RawNumber(this.match(/-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y));
    }

    private object(depth: number): Value {
        const members = new Map<string, Value>();
        this.list("}", () => {
            const name = this.string();
            this.blank();
            this.take(":");
            members.set(name, this.value(depth + 1));
        });
        return members;
    }

    private array(depth: number): Value {
        const elements: Value[] = [];
        this.list("]", () => elements.push(this.value(depth + 1)));
        return elements;
    }

    private list(close: string, one: () => void): void {
        ++this.at;
        this.blank();
        if (this.text[this.at] === close) {
            ++this.at;
            return;
        }
        for (;;) {
            this.blank();
            one();
            this.blank();
            if (this.text[this.at] === close) break;
            this.take(",");
        }
        ++this.at;
    }

    private string(): string {
        return JSON.parse(this.match(/"(?:[^"\\\u0000-\u001f]|\\.)*"/y)) as string;
    }

    private match(pattern: RegExp): string {
        pattern.lastIndex = this.at;
        const found = pattern.exec(this.text);
        if (!found) this.fail();
        this.at += found[0].length;
        return found[0];
    }

    private take(character: string): void {
        if (this.text[this.at] !== character) this.fail();
        ++this.at;
    }

    private blank(): void {
        while (" \t\r\n".includes(this.text[this.at] ?? "x")) ++this.at;
    }

    private fail(): never {
        throw new SyntaxError(`not JSON, at character ${this.at}`);
    }
}

export interface Style {
    sorted: boolean;
    ascii: boolean;
    /** Between members and behind a colon, as Python's json.dumps has them. */
    comma: string;
    colon: string;
    indent: number;
}

export function write(value: Value, style: Style, depth = 0): string {
    if (value === null || typeof value === "boolean") return String(value);
    if (value instanceof RawNumber) return value.text;
    if (typeof value === "string") return quoted(value, style.ascii);
    const isMap = value instanceof Map;
    const entries = isMap ? [...value] : value.map((each) => ["", each] as const);
    if (isMap && style.sorted) entries.sort((a, b) => byCodePoint(a[0], b[0]));
    const [open, close] = isMap ? "{}" : "[]";
    if (entries.length === 0) return `${open}${close}`;
    const line = style.indent ? "\n" + " ".repeat(style.indent * (depth + 1)) : "";
    const end = style.indent ? "\n" + " ".repeat(style.indent * depth) : "";
    const parts = entries.map(([name, each]) =>
        (isMap ? quoted(name, style.ascii) + style.colon : "") + write(each, style, depth + 1));
    return open + line + parts.join(style.comma + line) + end + close;
}

function quoted(text: string, ascii: boolean): string {
    const json = JSON.stringify(text);
    if (!ascii) return json;
    return json.replace(/[\u007f-\uffff]/g, (c) =>
        c === "\u007f" ? c : "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

// UTF-16 and Python disagree on the order of what lies beyond U+FFFF.
function byCodePoint(a: string, b: string): number {
    const [left, right] = [[...a], [...b]];
    for (let i = 0; i < left.length && i < right.length; ++i) {
        const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
        if (difference) return difference;
    }
    return left.length - right.length;
}

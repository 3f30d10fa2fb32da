"""A report as people read it, and as programs do."""

import json

SHOWN = 20


def summary(report) -> str:
    files, turns = report.files, report.turns
    lines = ["DRY RUN     nothing was changed; it would be:"] if report.dry_run else []
    lines += [f"files       {files['new']} new, {files['changed']} changed, "
              f"{files['unchanged']} unchanged, {len(report.skipped)} skipped, "
              f"{len(report.problems)} not stored ({report.bytes_sent} bytes sent)"]
    if report.kinds:
        lines.append("they are    " + counted(report.kinds))
    if report.oddities:
        lines.append("oddities    " + counted(report.oddities))
    lines += [f"turns       {turns['user']} user, {turns['assistant']} assistant, "
              f"{turns['system']} system in {report.session_count} conversations; "
              f"none in {len(report.without_turns)} of the files read",
              f"messages    {report.messages['added']} added, "
              f"{report.messages['known']} already known"]
    if report.unknown_speakers:
        lines.append("speakers    neither owner nor construct: "
                     + shortened(sorted(report.unknown_speakers)))
    if report.problems:
        lines.append("not stored  " + shortened([path for path, _ in report.problems.pairs],
                                                len(report.problems)))
    if report.unread:
        lines.append("not read    kept as files: "
                     + shortened([path for path, _ in report.unread.pairs], len(report.unread)))
    if report.audit is not None:
        lines.append(audit_line(report))
    if report.aborted:
        lines.append(f"ABORTED     {report.aborted}; run it again to go on")
    return "\n".join(lines)


def audit_line(report) -> str:
    audit = report.audit
    good = audit["same"] + audit["newer"]
    line = f"audit       {good} files are in the vault byte for byte"
    if audit["newer"]:
        line += f" ({audit['newer']} of them as an older version)"
    for what, said in (("differs", "differ"), ("lacks", "are not in the vault"),
                       ("unreadable", "could not be read here"),
                       ("lacking_turns", "turns are no messages"),
                       ("only_in_the_vault", "are only in the vault")):
        if audit[what]:
            line += f", {audit[what]} {said}"
    return line


def counted(counter) -> str:
    return ", ".join(f"{number} {name}" for name, number in
                     sorted(counter.items(), key=lambda one: (-one[1], one[0])))


def shortened(names: list, total: int = None) -> str:
    total = len(names) if total is None else total
    more = f" and {total - SHOWN} more" if total > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def as_json(report) -> str:
    def named(listing):
        return [{"path": path, "reason": why} for path, why in listing.pairs]
    audit = None if report.audit is None else {
        name: report.audit[name] for name in ("same", "newer", "differs", "lacks", "unreadable",
                                              "lacking_turns", "only_in_the_vault")}
    return json.dumps({
        "dry_run": report.dry_run,
        "files": {kind: report.files[kind] for kind in ("new", "changed", "unchanged")}
                 | {"not_stored": len(report.problems)},
        "kinds": dict(sorted(report.kinds.items())),
        "oddities": dict(sorted(report.oddities.items())),
        "bytes_sent": report.bytes_sent,
        "turns": {role: report.turns[role] for role in ("user", "assistant", "system")},
        "formats": dict(sorted(report.formats.items())),
        "messages": {kind: report.messages[kind] for kind in ("added", "known")},
        "sessions": [{"session": session, "construct": construct}
                     for session, construct in sorted(report.sessions.items())],
        "session_count": report.session_count,
        "unknown_speakers": sorted(report.unknown_speakers),
        "not_stored": named(report.problems),
        "not_read": named(report.unread),
        "skipped": named(report.skipped),
        "without_turns": [path for path, _ in report.without_turns.pairs],
        "notes": named(report.notes),
        "audit": audit,
        "differences": named(report.differences),
        "only_in_the_vault": [path for path, _ in report.vault_only.pairs],
        "aborted": report.aborted,
    }, ensure_ascii=False, indent=2)

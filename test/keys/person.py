"""What the tests of keys ask a vault as one person."""

import psycopg2

LEAVES = """
    SELECT count(*) FROM vvault.ledger_leaves
     WHERE leaf_hash IS DISTINCT FROM
           vvault._leaf_hash(user_id, id, event_type, "timestamp", actor, stream_id, stream_seq,
                             previous_leaf, xid, payload_commitment, content_commitment)"""


def answer(cluster, token: str, *statements):
    """What the last statement gives, or the SQLSTATE of the error."""
    connection = cluster.connect(user="person")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (token,))
            for statement in statements:
                cursor.execute(statement)
            rows = cursor.fetchall() if cursor.description else []
        connection.commit()
        return rows[0][0] if len(rows) == 1 else [row[0] for row in rows]
    except psycopg2.Error as error:
        return error.pgcode
    finally:
        connection.close()


def file(path: str, version: str = "NULL") -> str:
    return f"SELECT convert_from(vvault.get_file('{path}', {version}), 'UTF8')"


def messages(session: str) -> str:
    return f"SELECT string_agg(content, ',' ORDER BY seq) FROM vvault.list_messages('{session}')"


def wrong_leaves(cluster) -> int:
    return int(cluster.psql(LEAVES))

-- An error keeps all its fields through any number of fences.
\set SHOW_CONTEXT never
CREATE TABLE account (
    name text CONSTRAINT account_name_once PRIMARY KEY,
    amount integer NOT NULL CONSTRAINT account_not_negative CHECK (amount >= 0)
);
CREATE FUNCTION complain() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'complaint' USING ERRCODE = 'XY123', DETAIL = 'The detail.',
        HINT = 'The hint.', CONSTRAINT = 'the_constraint', COLUMN = 'the_column', TABLE = 'the_table';
END
$$;

\x on
SELECT * FROM fence.caught($$SELECT fence.run('INSERT INTO account VALUES (''ada'', -1)')$$);
SELECT * FROM fence.caught($$SELECT fence.run('INSERT INTO account VALUES (''ada'', NULL)')$$);
SELECT * FROM fence.caught(
    $$SELECT fence.run('INSERT INTO account VALUES (''ada'', 1), (''ada'', 2)')$$);
SELECT * FROM fence.caught($$SELECT fence.run('SELECT complain()')$$);
SELECT * FROM fence.caught($$SELECT fence.run('SELECT complain(')$$);

-- Function, query, function, query, function: the innermost error comes out.
SELECT * FROM fence.caught($$SELECT fence.run('SELECT fence.run(''SELECT complain()'')')$$);
SELECT * FROM fence.caught($$SELECT fence.run('SELECT fence.run(''SELECT fence.raise_core(8, ''''m'''', ''''d'''', ''''h'''')'')')$$);
SELECT state, message, alive FROM fence.caught($$SELECT fence.run('SELECT fence.run(''SELECT fence.raise_number()'')')$$);
\x off

-- Twenty levels deep.
CREATE FUNCTION descend(depth integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF depth = 0 THEN
        PERFORM complain();
    END IF;
    PERFORM fence.run(format('SELECT descend(%s)', depth - 1));
END
$$;
SELECT state, message, detail, hint, "constraint", alive FROM fence.caught('SELECT descend(20)');

-- Without an error the rows are there.
SELECT fence.run('SELECT fence.run(''INSERT INTO account VALUES (''''ada'''', 1)'')');
SELECT * FROM account;
SELECT fence.live_objects();
DROP FUNCTION descend(integer), complain();
DROP TABLE account;

-- An error that PL/pgSQL catches undoes its own part and nothing else.
\set SHOW_CONTEXT never
CREATE TABLE step (number integer PRIMARY KEY);
DO $$
DECLARE
    failure text;
    failures CONSTANT text[] := ARRAY[
        'SELECT fence.raise_core(5, ''m'')', 'SELECT fence.raise_backend(2)',
        'SELECT fence.raise_bad_alloc()', 'SELECT fence.raise_number()',
        'SELECT fence.run(''INSERT INTO step VALUES (1)'')',
        'SELECT fence.run(''SELECT fence.run(''''SELECT 1 / 0'''')'')'];
BEGIN
    PERFORM fence.run('INSERT INTO step VALUES (1)');
    FOR i IN 1 .. cardinality(failures) LOOP
        BEGIN
            PERFORM fence.run(format('INSERT INTO step VALUES (%s)', 100 + i));
            EXECUTE failures[i];
            RAISE ASSERT_FAILURE;
        EXCEPTION WHEN OTHERS THEN
            failure := SQLSTATE;
        END;
        RAISE NOTICE '%: %, % alive', i, failure, fence.live_objects();
        PERFORM fence.run(format('INSERT INTO step VALUES (%s)', 1 + i));
    END LOOP;
END
$$;
SELECT array_agg(number ORDER BY number) FROM step;

-- The same with savepoints.
BEGIN;
SELECT fence.run('INSERT INTO step VALUES (10)');
SAVEPOINT here;
SELECT fence.run('INSERT INTO step VALUES (110)');
SELECT fence.run('SELECT fence.raise_backend(2)');
SELECT fence.run('SELECT 1');
ROLLBACK TO here;
SELECT fence.run('INSERT INTO step VALUES (11)');
COMMIT;
SELECT array_agg(number ORDER BY number) FROM step WHERE number >= 10;
SELECT fence.live_objects();
DROP TABLE step;

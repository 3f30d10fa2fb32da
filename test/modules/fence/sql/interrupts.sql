-- A long loop in C++ ends when it is told to.
\set SHOW_CONTEXT never
SET statement_timeout = '100ms';
SELECT fence.spin();
\echo :LAST_ERROR_SQLSTATE
SELECT fence.run('SELECT fence.spin()');
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
SELECT fence.live_objects();

-- A cancelled loop can be caught, and the transaction goes on.
BEGIN;
SET LOCAL statement_timeout = '100ms';
SELECT state, message, alive FROM fence.caught('SELECT fence.spin()');
SET LOCAL statement_timeout = 0;
SELECT fence.run('SELECT 1');
COMMIT;

-- A backend that sleeps below C++ is interrupted the same way.
SET statement_timeout = '100ms';
SELECT fence.run('SELECT pg_sleep(60)');
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
SELECT fence.live_objects();

-- A hundred thousand errors leave nothing behind: under 4 MB for each kind.
\set SHOW_CONTEXT never
-- The meter notices a leak: ten thousand jumps over a 4 KiB object are 40 MB.
SELECT fence.growth('SELECT fence.raise_unguarded()', 10000) > 32 * 1048576 AS seen,
       fence.live_objects() AS alive;
SELECT fence.forget_live_objects();

SELECT fence.growth($$SELECT fence.raise_core(5, 'message', 'Detail.', 'Hint.')$$, 100000) < 4 * 1048576 AS core,
       fence.live_objects() AS alive;
SELECT fence.growth('SELECT fence.raise_backend(3)', 100000) < 4 * 1048576 AS backend,
       fence.live_objects() AS alive;
SELECT fence.growth($$SELECT fence.run('SELECT 1 / 0')$$, 100000) < 4 * 1048576 AS query,
       fence.live_objects() AS alive;
SELECT fence.growth('SELECT fence.raise_number()', 100000) < 4 * 1048576 AS number,
       fence.live_objects() AS alive;
-- Nor do a million calls that work.
SELECT fence.calls_across(1000000) AS calls;

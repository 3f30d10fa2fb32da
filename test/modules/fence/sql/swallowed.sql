-- A handler in ordinary code cannot make an error of the backend disappear: the function
-- that swallowed it ends in it all the same.
\set SHOW_CONTEXT never
CREATE TABLE mark (text text);
SELECT fence.run_each(ARRAY[$$INSERT INTO mark VALUES ('no error')$$]);
SELECT state, message, alive FROM fence.caught($$SELECT fence.run_each(ARRAY['SELECT 1 / 0'])$$);

-- Nor does what happens afterwards: a query that works, a function that works, a function
-- that fails, or an exception of core.
SELECT state, message, alive FROM fence.caught(
    $$SELECT fence.run_each(ARRAY['SELECT 1 / 0', 'INSERT INTO mark VALUES (''after'')'])$$);
SELECT state, message, alive FROM fence.caught(
    $$SELECT fence.run_each(ARRAY['SELECT 1 / 0', 'SELECT fence.run(''SELECT 1'')'])$$);
SELECT state, message, alive FROM fence.caught($$SELECT fence.run_then_throw('SELECT 1 / 0')$$);
-- However often it happens.
SELECT state, message, alive FROM fence.caught(
    $$SELECT fence.run_each(array_fill(text 'SELECT 1 / 0', ARRAY[100]))$$);
-- Where nothing was swallowed, core's own error counts.
SELECT state, message, alive FROM fence.caught($$SELECT fence.run_then_throw('SELECT 1')$$);
-- What the function did is undone.
SELECT * FROM mark;
SELECT fence.live_objects();
DROP TABLE mark;

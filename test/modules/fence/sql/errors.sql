-- Whatever C++ throws arrives as one ordinary error, and every object on its way is gone.
\set SHOW_CONTEXT never
\x on
SELECT state, message, detail, hint, alive
  FROM fence.caught($$SELECT fence.raise_core(5, 'what is so', 'Which one.', 'What to do.')$$);
SELECT state, message, detail, hint, alive FROM fence.caught('SELECT fence.raise_bad_alloc()');
SELECT state, message, detail, hint, alive FROM fence.caught('SELECT fence.raise_length_error()');
-- A library's own text may quote what it was given: none of it is shown.
SELECT state, message, detail, hint, alive
  FROM fence.caught($$SELECT fence.raise_standard('invalid key "hunter2"')$$);
SELECT state, message, detail, hint, alive FROM fence.caught('SELECT fence.raise_number()');
-- An error of the backend below 1, 2 and 1000 frames of C++ arrives as it was.
SELECT state, message, detail, hint, alive FROM fence.caught('SELECT fence.raise_backend(0)');
SELECT state, message, detail, hint, alive FROM fence.caught('SELECT fence.raise_backend(1)');
SELECT state, message, detail, hint, alive FROM fence.caught('SELECT fence.raise_backend(1000)');
\x off

-- Each code of core has its SQLSTATE; a hint is there where the thrower gave none.
SELECT code, state, hint <> '' AS hinted
  FROM generate_series(0, 21) AS code, fence.caught(format($$SELECT fence.raise_core(%s, 'm')$$, code))
 ORDER BY code;
-- A hint of the thrower's own is the better one.
SELECT state, hint FROM fence.caught($$SELECT fence.raise_core(0, 'm', NULL, 'My own.')$$);

-- Nobody catches: the session gets the error, and goes on.
SELECT fence.raise_core(5, 'uncaught', 'Which one.', 'What to do.');
\echo :LAST_ERROR_SQLSTATE
SELECT fence.raise_backend(3);
\echo :LAST_ERROR_SQLSTATE
SELECT fence.raise_number();
\echo :LAST_ERROR_SQLSTATE
SELECT fence.live_objects();

-- The meter of objects notices a jump: without the fence they stay alive.
SELECT state, message, alive FROM fence.caught('SELECT fence.raise_unguarded()');
SELECT fence.forget_live_objects();

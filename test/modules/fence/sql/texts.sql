-- A text of any length and alphabet arrives whole or cut at the border of a character.
\set SHOW_CONTEXT never
-- Up to 511 bytes whole; of more, as many whole characters as fit.
WITH text AS (
    SELECT character, shift, repeat('.', shift) || repeat(character, 600) AS long
      FROM unnest(ARRAY['x', 'ä', '€', '🌊']) WITH ORDINALITY AS c(character, width),
           generate_series(0, 3) AS shift
)
SELECT octet_length(character) AS width, shift, octet_length(message) AS message,
       octet_length(detail) AS detail, octet_length(hint) AS hint,
       starts_with(long, message) AND starts_with(long, detail) AND starts_with(long, hint) AS same,
       message || character <= long AS more_was_there, alive
  FROM text, fence.caught(format('SELECT fence.raise_core(5, %1$L, %1$L, %1$L)', long))
 ORDER BY width, shift;
SELECT octet_length(message) AS whole, alive
  FROM fence.caught(format('SELECT fence.raise_core(5, %L)', repeat('x', 511)));
-- A megabyte.
SELECT octet_length(message) AS message, alive
  FROM fence.caught(format('SELECT fence.raise_core(5, %L)', repeat('x', 1048576)));
-- The backend's own texts are the backend's: they pass uncut.
SELECT octet_length(message) AS message, alive
  FROM fence.caught(format('SELECT fence.run(%L)', format('DO %L', format('BEGIN RAISE %L; END', repeat('€', 10000)))));
-- No text is a format.
SELECT message, detail, hint FROM fence.caught($$SELECT fence.raise_core(5, '%s%n %d%%', '%m', '%')$$);
SELECT message, detail = '' AS no_detail FROM fence.caught($$SELECT fence.raise_core(5, '')$$);

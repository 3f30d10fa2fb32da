-- Parts of files, as HTTP asks for them: from a byte to a byte, or the last so many.

CREATE FUNCTION vvault.read_part(path text, first bigint, last bigint,
                                 version bigint DEFAULT NULL, as_of timestamptz DEFAULT NULL,
                                 most integer DEFAULT 33554432)
    RETURNS TABLE (version_read bigint, media_type text, size bigint, encrypted text,
                   first_byte bigint, content bytea, last_byte bigint, sha256 text, file_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_variable
DECLARE
    target vvault._file_key;
    info bytea;
BEGIN
    PERFORM vvault._require('files:read');
    IF most IS NULL OR most NOT BETWEEN 0 AND 33554432 THEN
        PERFORM vvault._refuse_message('most', 'a part has 32 MiB at most', '22023',
                                       'Read the rest from its end on.');
    END IF;
    target := vvault._find_file(path, 1);
    version_read := vvault._find_version(target, version, as_of);
    PERFORM vvault._refuse_deletion(target, version_read);
    SELECT v.size, coalesce(v.media_type, vvault._media_type(target.path)), v.encrypted, v.info
      INTO size, media_type, encrypted, info
      FROM vvault.vault_file_versions v
     WHERE v.user_id = target.user_id AND v.file_id = target.id AND v.version = version_read;
    file_id := target.id;
    sha256 := (vvault._open_file_info(target.user_id, target.id, version_read, info)).sha256;
    first_byte := coalesce(first, greatest(size - last, 0));
    last_byte := least(CASE WHEN first IS NOT NULL THEN last END, size - 1);
    -- All of it is compared with its hash; of a part each chunk is authenticated.
    IF first_byte BETWEEN 0 AND last_byte AND last_byte - first_byte + 1 = size AND size <= most THEN
        content := vvault._read_version(target.user_id, target.id, version_read);
    ELSIF first_byte BETWEEN 0 AND last_byte THEN
        content := vvault._read_version_range(target.user_id, target.id, version_read, first_byte,
                                              least(last_byte - first_byte + 1, most));
    END IF;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION vvault.read_part(text, bigint, bigint, bigint, timestamptz, integer)
    IS 'the bytes of a file from first to last (null: its end), or the last so many where first is null, and of them so many at most; null where there are none; first_byte and last_byte tell what there is, also beyond that';

// What is kept of an upload between its parts (doc/uploads.md, byte by byte): of the whole, the
// running hash and the bytes behind the last cut; of each part, its hash and the chunks that
// it completed. Where that is kept, and under which key, is not known here.
#pragma once

#include "file_manifest.hpp"
#include "running_digest.hpp"

namespace vvault {

SecretBytes encode_upload_state(const RunningDigest &hash, ByteView rest);
struct UploadState {
    SecretBytes hash;  // a RunningDigest, written down
    SecretBytes rest;
};
// Throws Errc::does_not_open for what encode_upload_state() does not give.
UploadState decode_upload_state(ByteView bytes);

struct UploadPart {
    Digest sha256;
    ChunkRefs refs;
};
SecretBytes encode_upload_part(const UploadPart &part);
UploadPart decode_upload_part(ByteView bytes);

}  // namespace vvault

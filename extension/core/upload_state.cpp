#include "upload_state.hpp"

#include "fields.hpp"

namespace vvault {

SecretBytes encode_upload_state(const RunningDigest &hash, ByteView rest) {
    SecretBytes bytes;
    const SecretBytes written = hash.written();
    bytes.reserve(1 + written.size() + rest.size());
    put_number(bytes, written.size());
    put(bytes, written);
    put(bytes, rest);
    return bytes;
}

UploadState decode_upload_state(ByteView bytes) {
    Fields fields(bytes);
    UploadState state;
    const ByteView hash = fields.take(fields.take_number());
    state.hash.assign(hash.begin(), hash.end());
    const ByteView rest = fields.take_rest();
    state.rest.assign(rest.begin(), rest.end());
    return state;
}

SecretBytes encode_upload_part(const UploadPart &part) {
    SecretBytes bytes;
    bytes.reserve(part.sha256.size() + part.refs.size() * chunk_ref_size);
    put(bytes, part.sha256);
    for (const ChunkRef &ref : part.refs) put(bytes, encode_ref(ref));
    return bytes;
}

UploadPart decode_upload_part(ByteView bytes) {
    Fields fields(bytes);
    UploadPart part{fields.take_array<32>(), {}};
    const ByteView refs = fields.take_rest();
    if (!refs.empty()) part.refs = decode_page(refs);
    return part;
}

}  // namespace vvault

// zstd copies parts of the plaintext into its working memory and does not wipe
// it, so it works in memory of ours. Giving it memory is in the part of its API
// "for static linking", whose symbols the shared library has had since 1.3.
#define ZSTD_STATIC_LINKING_ONLY

#include "compression.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include <zstd.h>
#include <zstd_errors.h>

#include "error.hpp"

namespace vvault::detail {

namespace {

constexpr int level = 3;
constexpr std::size_t length_size = 8;

// Up to here a compressor is kept; its 200 KiB fit every shorter plaintext.
constexpr std::size_t short_plaintext = 16384;

// A zstd context is costly to make (8 us: it asks the CPU what it is, which traps
// in a virtual machine), and full of plaintext once used. So it is made once in
// memory of ours, and after each use the memory is set back to what it was when
// the context was new: that overwrites everything, and leaves it ready.
template <class Context>
class KeptContext {
public:
    using Initialise = Context *(*)(void *, std::size_t);

    KeptContext(Initialise initialise, std::size_t size) : memory_(size) {
        context_ = initialise(memory_.data(), memory_.size());
        if (context_ == nullptr) throw std::bad_alloc();
        // Most of it is buffers, which are zeros when new.
        const auto buffers = std::ranges::find_if(memory_.rbegin(), memory_.rend(),
                                                  [](std::uint8_t byte) { return byte != 0; });
        pristine_.assign(memory_.begin(), buffers.base());
    }

    Context *get() { return context_; }
    void wipe() noexcept {
        std::memcpy(memory_.data(), pristine_.data(), pristine_.size());
        sodium_memzero(memory_.data() + pristine_.size(), memory_.size() - pristine_.size());
    }

private:
    SecretBytes memory_;
    SecretBytes pristine_;
    Context *context_;
};

template <class Context>
class Use {
public:
    explicit Use(KeptContext<Context> &kept) : kept_(kept) {}
    ~Use() { kept_.wipe(); }
    Use(const Use &) = delete;
    Use &operator=(const Use &) = delete;

    Context *get() { return kept_.get(); }

private:
    KeptContext<Context> &kept_;
};

std::size_t compressor_size(std::size_t plain_size) {
    return ZSTD_estimateCCtxSize_usingCParams(ZSTD_getCParams(level, plain_size, 0));
}

// Released on purpose, both: a destructor would run while the process exits.
KeptContext<ZSTD_CCtx> &kept_compressor() {
    static auto *const kept = std::make_unique<KeptContext<ZSTD_CCtx>>(
                                  ZSTD_initStaticCCtx, compressor_size(short_plaintext))
                                  .release();
    return *kept;
}

KeptContext<ZSTD_DCtx> &kept_decompressor() {
    static auto *const kept =
        std::make_unique<KeptContext<ZSTD_DCtx>>(ZSTD_initStaticDCtx, ZSTD_estimateDCtxSize())
            .release();
    return *kept;
}

std::size_t compress_frame(ByteView plaintext, std::span<std::uint8_t> frame) {
    const auto compress_in = [&](ZSTD_CCtx *context) {
        return ZSTD_compressCCtx(context, frame.data(), frame.size(), plaintext.data(),
                                 plaintext.size(), level);
    };
    if (plaintext.size() <= short_plaintext) return compress_in(Use(kept_compressor()).get());
    SecretBytes memory(compressor_size(plaintext.size()));
    ZSTD_CCtx *const context = ZSTD_initStaticCCtx(memory.data(), memory.size());
    if (context == nullptr) throw std::bad_alloc();
    return compress_in(context);
}

}  // namespace

std::optional<SecretBytes> compress(ByteView plaintext, std::size_t worth_trying) {
    if (plaintext.size() < worth_trying) return std::nullopt;

    // No larger than what would be kept, so that zstd gives up where we would.
    SecretBytes compressed(plaintext.size() - plaintext.size() / 16);
    const std::size_t size = compress_frame(plaintext, std::span(compressed).subspan(length_size));
    if (ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall) return std::nullopt;
    if (ZSTD_isError(size))
        throw Error(Errc::internal, std::string("zstd failed: ") + ZSTD_getErrorName(size));

    compressed.resize(length_size + size);
    for (std::size_t i = 0; i < length_size; ++i)
        compressed[i] = static_cast<std::uint8_t>(plaintext.size() >> (8 * (length_size - 1 - i)));
    return compressed;
}

bool decompress(ByteView compressed, std::size_t limit, const Memory &memory) {
    if (compressed.size() < length_size) return false;
    const std::uint64_t plain_size = read_be64(compressed);
    const ByteView frame = compressed.subspan(length_size);
    // The frame repeats its length. Both must agree before memory is taken.
    if (plain_size > limit || ZSTD_getFrameContentSize(frame.data(), frame.size()) != plain_size ||
        ZSTD_findFrameCompressedSize(frame.data(), frame.size()) != frame.size())
        return false;

    const auto plaintext = memory.take(memory.owner, plain_size);
    Use decompressor(kept_decompressor());
    if (ZSTD_decompressDCtx(decompressor.get(), plaintext.data(), plaintext.size(), frame.data(),
                            frame.size()) == plain_size)
        return true;
    sodium_memzero(plaintext.data(), plaintext.size());
    return false;
}

std::optional<SecretBytes> decompress(ByteView compressed, std::size_t limit) {
    SecretBytes plaintext;
    if (!decompress(compressed, limit, memory_of(plaintext))) return std::nullopt;
    return plaintext;
}

}  // namespace vvault::detail

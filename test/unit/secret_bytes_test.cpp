// SecretBytes leave nothing behind. Every delete of this program passes through
// here, so a block can be looked at in the moment before it is given back.
#include <cstdlib>
#include <new>

#include "support.hpp"

namespace {

constexpr std::size_t watched_size = 4099;  // a size nothing else asks for
int watched_deletes = 0;
int bytes_left = 0;

}  // namespace

void operator delete(void *memory, std::size_t size) noexcept {
    if (size == watched_size) {
        ++watched_deletes;
        for (std::size_t i = 0; i < size; ++i)
            bytes_left += static_cast<const unsigned char *>(memory)[i] == 0xa5 ? 1 : 0;
    }
    std::free(memory);
}
void operator delete(void *memory) noexcept {
    std::free(memory);
}

void *operator new(std::size_t size) {
    void *const memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}

namespace vvault {
namespace {

template <class Vector>
int bytes_left_by(void (*use)(Vector &)) {
    watched_deletes = bytes_left = 0;
    {
        Vector bytes(watched_size, 0xa5);
        use(bytes);
    }
    EXPECT_EQ(watched_deletes, 1);
    return bytes_left;
}

TEST(SecretBytes, AreWipedWhenDestroyed) {
    EXPECT_EQ(bytes_left_by<SecretBytes>([](SecretBytes &) {}), 0);
}

TEST(SecretBytes, AreWipedWhenTheyGrow) {
    EXPECT_EQ(bytes_left_by<SecretBytes>([](SecretBytes &bytes) { bytes.push_back(1); }), 0);
}

TEST(SecretBytes, AreWipedBeyondTheirEndToo) {
    EXPECT_EQ(bytes_left_by<SecretBytes>([](SecretBytes &bytes) { bytes.resize(1); }), 0);
}

// Shows that the three above can fail.
TEST(SecretBytes, OtherVectorsAreNotWiped) {
    EXPECT_EQ(bytes_left_by<Bytes>([](Bytes &) {}), static_cast<int>(watched_size));
}

}  // namespace
}  // namespace vvault

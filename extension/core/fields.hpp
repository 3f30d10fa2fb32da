// Fields written one behind the other into bytes that are sealed, and read off their front
// again. A reader refuses to read behind the end.
#pragma once

#include <algorithm>

#include "bytes.hpp"
#include "error.hpp"

namespace vvault {

template <class Vector>
void put(Vector &to, ByteView bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

template <class Vector>
void put_be64(Vector &to, std::uint64_t value) {
    Bytes bytes;
    append_be64(bytes, value);
    put(to, bytes);
}

// Seven bits a byte, the lowest first; the top bit says that more follow.
template <class Vector>
void put_number(Vector &to, std::uint64_t value) {
    for (; value >= 128; value >>= 7) to.push_back(static_cast<std::uint8_t>(value | 128));
    to.push_back(static_cast<std::uint8_t>(value));
}

class Fields {
public:
    explicit Fields(ByteView bytes) : rest_(bytes) {}

    ByteView take(std::size_t count) {
        if (count > rest_.size()) throw Error(Errc::does_not_open, "sealed value does not open");
        const ByteView taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    template <std::size_t size>
    std::array<std::uint8_t, size> take_array() {
        std::array<std::uint8_t, size> array;
        std::ranges::copy(take(size), array.begin());
        return array;
    }
    std::uint8_t take_byte() { return take(1)[0]; }
    std::uint64_t take_be64() { return read_be64(take(8)); }
    std::uint64_t take_number() {
        std::uint64_t value = 0;
        for (int shift = 0;; shift += 7) {
            const std::uint8_t byte = take_byte();
            if (shift > 56) throw Error(Errc::does_not_open, "sealed value does not open");
            value |= std::uint64_t{byte & 127u} << shift;
            if (byte < 128) return value;
        }
    }
    ByteView take_rest() { return take(rest_.size()); }

private:
    ByteView rest_;
};

}  // namespace vvault

#include <algorithm>
#include <array>
#include <string>

#include "core/tar.hpp"

namespace vvault {

namespace {

constexpr std::size_t block = 512;
constexpr std::size_t name_size = 100;

using Header = std::array<std::uint8_t, block>;

struct Field {
    std::size_t at, size;
};

// The layout of POSIX.1-2001; what is not named here stays zero.
constexpr Field name_field{0, name_size}, mode_field{100, 8}, owner_field{108, 8},
    group_field{116, 8}, size_field{124, 12}, time_field{136, 12}, checksum_field{148, 8};
constexpr std::size_t kind_at = 156, magic_at = 257;

void put_text(Header &header, std::size_t at, std::string_view text) {
    std::copy(text.begin(), text.end(), header.begin() + static_cast<std::ptrdiff_t>(at));
}

// Octal digits up to a final NUL; a number with more digits becomes the largest.
void put_number(Header &header, const Field &field, std::uint64_t value) {
    const std::size_t digits = field.size - 1;
    value = std::min(value, (std::uint64_t{1} << (3 * digits)) - 1);
    for (std::size_t i = digits; i > 0; --i, value >>= 3)
        header[field.at + i - 1] = static_cast<std::uint8_t>('0' + (value & 7));
}

Header header_of(const TarFile &file, char kind) {
    Header header{};
    put_text(header, name_field.at, file.path.substr(0, name_field.size));
    // Whoever unpacks somebody's memory should be the only one to read it.
    put_number(header, mode_field, 0600);
    put_number(header, owner_field, 0);
    put_number(header, group_field, 0);
    put_number(header, size_field, file.content.size());
    put_number(header, time_field,
               static_cast<std::uint64_t>(std::max<std::int64_t>(file.modified_s, 0)));
    header[kind_at] = static_cast<std::uint8_t>(kind);
    put_text(header, magic_at, std::string_view("ustar\00000", 8));
    // The sum is taken with spaces in its own place.
    std::fill_n(header.begin() + checksum_field.at, checksum_field.size, std::uint8_t{' '});
    std::uint64_t sum = 0;
    for (const std::uint8_t byte : header) sum += byte;
    put_number(header, {checksum_field.at, checksum_field.size - 1}, sum);
    return header;
}

void append(Bytes &out, const TarFile &file, char kind) {
    const Header header = header_of(file, kind);
    out.insert(out.end(), header.begin(), header.end());
    out.insert(out.end(), file.content.begin(), file.content.end());
    out.resize((out.size() + block - 1) / block * block);
}

bool fits_in_header(std::string_view path) {
    return path.size() <= name_size &&
           std::all_of(path.begin(), path.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// A record of a pax header counts its own length in.
std::string pax_path(std::string_view path) {
    const std::string rest = " path=" + std::string(path) + "\n";
    std::size_t length = rest.size() + 1;
    while (std::to_string(length).size() + rest.size() != length)
        length = std::to_string(length).size() + rest.size();
    return std::to_string(length) + rest;
}

}  // namespace

Bytes tar_entry(const TarFile &file) {
    Bytes out;
    out.reserve(file.content.size() + 4 * block + file.path.size());
    if (!fits_in_header(file.path)) {
        const std::string record = pax_path(file.path);
        append(out,
               {.path = "pax_header", .modified_s = file.modified_s, .content = as_bytes(record)},
               'x');
    }
    append(out, file, '0');
    return out;
}

Bytes tar_end() {
    return Bytes(2 * block);
}

}  // namespace vvault

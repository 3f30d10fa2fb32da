// The NDJSON form of a ledger: a line that says what it is and holds the checkpoint,
// then a line an entry.
#pragma once

#include <istream>
#include <optional>
#include <string>

#include "entry.hpp"
#include "line_reader.hpp"

namespace verifier {

struct ExportHeader {
    std::string origin;
    std::uint64_t from = 0;
    std::uint64_t size = 0;
    std::string checkpoint;  // a signed note
};

class ExportReader {
public:
    // Reads the first line. Everything here throws Unusable, naming the line.
    explicit ExportReader(std::istream &input);

    const ExportHeader &header() const { return header_; }
    std::optional<Entry> next();

private:
    LineReader lines_;
    std::string line_;
    ExportHeader header_;

    [[noreturn]] void refuse(const std::string &what) const;
};

}  // namespace verifier

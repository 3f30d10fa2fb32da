#include "export_reader.hpp"

#include "flat_json.hpp"
#include "verdict.hpp"

namespace verifier {

namespace {

ExportHeader header_from_line(std::string_view line) {
    FlatJson json = FlatJson::from_text(line);
    if (json.take_text("format") != "vvault-ledger-export/1")
        throw Unusable("it is not the head of a vvault-ledger-export/1");
    ExportHeader header;
    header.origin = required(json.take_text("origin"), "origin");
    header.from = required(json.take_unsigned("from"), "from");
    header.size = required(json.take_unsigned("size"), "size");
    header.checkpoint = required(json.take_text("checkpoint"), "checkpoint");
    json.require_nothing_left();
    return header;
}

}  // namespace

ExportReader::ExportReader(std::istream &input) : lines_(input) {
    if (!lines_.next(line_)) throw Unusable("the input is empty");
    try {
        header_ = header_from_line(line_);
    } catch (const Unusable &problem) {
        refuse(problem.what());
    }
}

std::optional<Entry> ExportReader::next() {
    if (!lines_.next(line_)) return std::nullopt;
    try {
        return entry_from_line(line_);
    } catch (const Unusable &problem) {
        refuse(problem.what());
    }
}

void ExportReader::refuse(const std::string &what) const {
    throw Unusable("line " + std::to_string(lines_.number()) + " cannot be used: " + what);
}

}  // namespace verifier

#include "exposition.hpp"

#include <cstdio>

namespace gateway {

namespace {

// "0.0025" for 2,500; Prometheus compares bounds as numbers, people read them.
std::string in_seconds(std::int64_t microseconds) {
    std::array<char, 32> text{};
    snprintf(text.data(), text.size(), "%lld.%06lld",
             static_cast<long long>(microseconds / 1'000'000),
             static_cast<long long>(microseconds % 1'000'000));
    std::string seconds = text.data();
    while (seconds.ends_with('0')) seconds.pop_back();
    if (seconds.ends_with('.')) seconds.pop_back();
    return seconds;
}

void append_label(std::string &text, std::string_view name, std::string_view value) {
    text += text.ends_with('{') ? "" : ",";
    text.append(name).append("=\"");
    for (const char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        if (c == '\n')
            text += "\\n";
        else
            text += c;
    }
    text += '"';
}

}  // namespace

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::line(std::string_view suffix, Labels labels, std::string_view last_label,
                      std::string_view last_value, std::string_view value) {
    text_.append(name_).append(suffix);
    if (labels.size() > 0 || !last_label.empty()) {
        text_ += '{';
        for (const auto &[label, content] : labels) append_label(text_, label, content);
        if (!last_label.empty()) append_label(text_, last_label, last_value);
        text_ += '}';
    }
    text_.append(" ").append(value).append("\n");
}

void Exposition::sample(Labels labels, std::string_view value) {
    line("", labels, "", "", value);
}

void Exposition::seconds(Labels labels, std::int64_t microseconds) {
    sample(labels, in_seconds(microseconds));
}

void Exposition::write_histogram(
    Labels labels, const std::array<std::uint64_t, Histogram::bounds.size() + 1> &buckets,
    std::uint64_t microseconds) {
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        below += buckets.at(i);
        const auto bound =
            i < Histogram::bounds.size() ? in_seconds(Histogram::bounds.at(i)) : "+Inf";
        line("_bucket", labels, "le", bound, std::to_string(below));
    }
    line("_sum", labels, "", "", in_seconds(static_cast<std::int64_t>(microseconds)));
    line("_count", labels, "", "", std::to_string(below));
}

}  // namespace gateway

// The OpenAPI document: parts by noun, in openapi/*.json, compiled in and merged
// into one. What it says is written by hand; that it says it of every route, and
// of no other, is tested.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// Generated at build: the content of each file.
const std::vector<std::string_view> &openapi_parts();

// The whole document, as JSON.
const std::string &openapi_document();

}  // namespace gateway

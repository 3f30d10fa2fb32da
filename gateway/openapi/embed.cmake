# Writes a C++ file that holds the parts of the OpenAPI document, each as it stands in its file.
#   cmake -DPARTS="a.json;b.json" -DOUTPUT=parts.cpp -P embed.cmake
set(text "#include \"openapi.hpp\"\n\nnamespace gateway {\n\n")
string(APPEND text "const std::vector<std::string_view> &openapi_parts() {\n")
string(APPEND text "    static const std::vector<std::string_view> parts = {\n")
foreach(part IN LISTS PARTS)
    file(READ "${part}" content)
    string(APPEND text "R\"openapi(${content})openapi\",\n")
endforeach()
string(APPEND text "    };\n    return parts;\n}\n\n}  // namespace gateway\n")
file(WRITE "${OUTPUT}" "${text}")

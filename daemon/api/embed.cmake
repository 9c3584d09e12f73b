# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C++ source with the contents of FILES (names relative to FOLDER).
string(REPLACE "|" ";" FILES "${FILES}")
set(arrays "")
set(entries "")
set(number 0)
foreach(name IN LISTS FILES)
  file(READ ${FOLDER}/${name} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND arrays "constexpr char kFile${number}[] = {${bytes}};\n")
  set(type application/octet-stream)
  if(name MATCHES "\\.html$")
    set(type "text/html; charset=utf-8")
  elseif(name MATCHES "\\.css$")
    set(type "text/css; charset=utf-8")
  elseif(name MATCHES "\\.js$")
    set(type "text/javascript; charset=utf-8")
  elseif(name MATCHES "\\.svg$")
    set(type "image/svg+xml")
  elseif(name MATCHES "\\.json$")
    set(type "application/json")
  endif()
  string(APPEND entries
    "    Asset{\"${name}\", \"${type}\", {kFile${number}, sizeof(kFile${number})}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUTPUT} "// Made by daemon/api/embed.cmake; do not edit.
#include \"daemon/api/assets.hpp\"

#include <algorithm>
#include <array>

namespace mailprobed {
namespace {

${arrays}
constexpr std::array kAssets{
${entries}};

}  // namespace

std::span<const Asset> all_assets() {
    return kAssets;
}

const Asset* find_asset(std::string_view name) {
    const auto* found = std::ranges::find(kAssets, name, &Asset::name);
    return found == kAssets.end() ? nullptr : found;
}

}  // namespace mailprobed
")

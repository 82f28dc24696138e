// SPDX-License-Identifier: Apache-2.0
// Templates of others that most files use. Each file would compile them for itself, and the linker keep one
// of them: they are compiled once, in instances.cpp, and the precompiled headers tell all others so. It saves
// time and nothing else; without precompiled headers nobody needs it.
//
// No `#pragma once`: instances.cpp includes it again, to define what is only declared elsewhere.
#include <nlohmann/json.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

#ifndef RT_INSTANCE
#define RT_INSTANCE extern template
#endif

RT_INSTANCE class nlohmann::basic_json<>;
RT_INSTANCE class nlohmann::detail::serializer<nlohmann::json>;
RT_INSTANCE class nlohmann::detail::json_sax_dom_parser<nlohmann::json>;
RT_INSTANCE class nlohmann::detail::json_sax_dom_callback_parser<nlohmann::json>;
// What parses a std::string.
RT_INSTANCE class nlohmann::detail::lexer<
    nlohmann::json, nlohmann::detail::iterator_input_adapter<std::string::const_iterator>>;
RT_INSTANCE class nlohmann::detail::parser<
    nlohmann::json, nlohmann::detail::iterator_input_adapter<std::string::const_iterator>>;
RT_INSTANCE bool
nlohmann::detail::parser<nlohmann::json,
                         nlohmann::detail::iterator_input_adapter<std::string::const_iterator>>::
    sax_parse_internal(nlohmann::detail::json_sax_dom_parser<nlohmann::json>*);
RT_INSTANCE bool
nlohmann::detail::parser<nlohmann::json,
                         nlohmann::detail::iterator_input_adapter<std::string::const_iterator>>::
    sax_parse_internal(nlohmann::detail::json_sax_dom_callback_parser<nlohmann::json>*);
RT_INSTANCE class std::map<std::string, nlohmann::json, std::less<>>;
RT_INSTANCE class std::vector<nlohmann::json>;

#undef RT_INSTANCE

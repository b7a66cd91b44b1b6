#pragma once
// What packets of both engines do with a value in memory: compare it, and change it in one step.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "emulator/cp/access.hpp"
#include "isa/pm4.hpp"

namespace gcn::emulator {

// By a FUNCTION of isa/pm4.def; empty for the one number of three bits that is none.
template <class T> std::optional<bool> compare(uint32_t function, T value, T reference) {
    namespace pm4 = isa::pm4;
    switch (function) {
        case pm4::FUNCTION_ALWAYS:
            return true;
        case pm4::FUNCTION_LESS:
            return value < reference;
        case pm4::FUNCTION_LESS_EQUAL:
            return value <= reference;
        case pm4::FUNCTION_EQUAL:
            return value == reference;
        case pm4::FUNCTION_NOT_EQUAL:
            return value != reference;
        case pm4::FUNCTION_GREATER_EQUAL:
            return value >= reference;
        case pm4::FUNCTION_GREATER:
            return value > reference;
        default:
            return {};
    }
}

// Operations by the low five bits of their code: gfx_8_0_enum.h, TC_OP. Bits 6:5 say whether the value is returned and
// whether it has 64 bits. That increments and decrements wrap as the shader's do is a guess.
template <class T> std::optional<T> combined(uint32_t operation, T old, T data, T compared) {
    using S = std::make_signed_t<T>;
    switch (operation & 0x1f) {
        case 0x07:
            return data;
        case 0x08:
            return old == compared ? data : old;
        case 0x0f:
            return old + data;
        case 0x10:
            return old - data;
        case 0x11:
            return T(std::min(S(old), S(data)));
        case 0x12:
            return std::min(old, data);
        case 0x13:
            return T(std::max(S(old), S(data)));
        case 0x14:
            return std::max(old, data);
        case 0x15:
            return old & data;
        case 0x16:
            return old | data;
        case 0x17:
            return old ^ data;
        case 0x18:
            return old >= data ? 0 : old + 1;
        case 0x19:
            return old == 0 || old > data ? data : old - 1;
        default:
            return {};
    }
}

constexpr bool is_wide(uint32_t operation) { return operation & 0x20; }
constexpr bool returns(uint32_t operation) { return !(operation & 0x40); }

// What stood at `at`; empty for an operation that is none of the above.
template <class T> std::optional<T> combine(const Access& memory, uint32_t operation, uint64_t at, T data, T compared) {
    T old = memory.load<T>(at);
    for (;;) {
        const std::optional<T> next = combined<T>(operation, old, data, compared);
        if (!next) return {};
        const T there = memory.exchange<T>(at, old, *next);
        if (there == old) return old;
        old = there;
    }
}

}  // namespace gcn::emulator

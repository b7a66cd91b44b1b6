#pragma once
// LLVM 16's disassembler and assembler of gfx803 in this process: the oracle of encodings.
//
// Knows nothing of isa/. Only for programs that are linked with libLLVM-16.

#include <llvm/MC/MCAsmInfo.h>
#include <llvm/MC/MCCodeEmitter.h>
#include <llvm/MC/MCContext.h>
#include <llvm/MC/MCDisassembler/MCDisassembler.h>
#include <llvm/MC/MCInst.h>
#include <llvm/MC/MCInstPrinter.h>
#include <llvm/MC/MCInstrInfo.h>
#include <llvm/MC/MCObjectFileInfo.h>
#include <llvm/MC/MCParser/MCAsmParser.h>
#include <llvm/MC/MCParser/MCTargetAsmParser.h>
#include <llvm/MC/MCRegisterInfo.h>
#include <llvm/MC/MCStreamer.h>
#include <llvm/MC/MCSubtargetInfo.h>
#include <llvm/MC/MCTargetOptions.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Support/SourceMgr.h>
#include <llvm/Support/raw_ostream.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
void LLVMInitializeAMDGPUTargetInfo();
void LLVMInitializeAMDGPUTargetMC();
void LLVMInitializeAMDGPUDisassembler();
void LLVMInitializeAMDGPUAsmParser();
}

namespace gcn::oracle {

struct Words {
    uint32_t w0 = 0, w1 = 0;
    int dwords = 0;  // 0: not an instruction

    bool operator==(const Words&) const = default;
};

// What LLVM takes two words for.
struct Disassembled {
    int dwords = 0;          // 0: it refuses them
    unsigned opcode = 0;     // of Machine::name
    std::string text;        // one blank between name and operands
    bool has_doubt = false;  // LLVM comments on it: a register of a kind that the operand cannot have
};

// A line of text, assembled; or LLVM's message why not.
struct Assembled {
    Words words;
    std::string message;
};

class Machine {
public:
    Machine() {
        LLVMInitializeAMDGPUTargetInfo();
        LLVMInitializeAMDGPUTargetMC();
        LLVMInitializeAMDGPUDisassembler();
        LLVMInitializeAMDGPUAsmParser();
        std::string error;
        target = llvm::TargetRegistry::lookupTarget(triple.str(), error);
        registers.reset(target->createMCRegInfo(triple.str()));
        info.reset(target->createMCAsmInfo(*registers, triple.str(), options));
        subtarget.reset(target->createMCSubtargetInfo(triple.str(), "gfx803", ""));
        instructions.reset(target->createMCInstrInfo());
        context = make_context(nullptr);
        disassembler.reset(target->createMCDisassembler(*subtarget, *context));
        printer.reset(target->createMCInstPrinter(triple, 0, *info, *instructions, *registers));
    }

    unsigned opcodes() const { return instructions->getNumOpcodes(); }
    std::string_view name(unsigned opcode) const {
        const llvm::StringRef name = instructions->getName(opcode);
        return {name.data(), name.size()};
    }

    std::string mnemonic(unsigned opcode) const {
        llvm::MCInst inst;
        inst.setOpcode(opcode);
        std::string text = printer->getMnemonic(&inst).first;
        while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
        return text;
    }

    Disassembled disassemble(uint32_t w0, uint32_t w1) const {
        uint8_t bytes[8];
        std::memcpy(bytes, &w0, 4), std::memcpy(bytes + 4, &w1, 4);
        Disassembled out;
        llvm::MCInst inst;
        uint64_t size = 0;
        if (disassembler->getInstruction(inst, size, bytes, 0, llvm::nulls()) != llvm::MCDisassembler::Success)
            return out;
        out.dwords = int(size / 4);
        out.opcode = inst.getOpcode();
        llvm::raw_string_ostream text(out.text);
        printer->printInst(&inst, 0, "", *subtarget, text);
        text.flush();
        tidy(out);
        return out;
    }

    // Each line alone; one that LLVM refuses does not disturb the others.
    std::vector<Assembled> assemble(const std::vector<std::string>& lines) const {
        std::string source;
        for (const std::string& line : lines) source += line + '\n';
        std::vector<Assembled> out(lines.size());
        llvm::SourceMgr manager;
        manager.AddNewSourceBuffer(llvm::MemoryBuffer::getMemBuffer(source, "", true), llvm::SMLoc());
        manager.setDiagHandler(
            [](const llvm::SMDiagnostic& d, void* lines) {
                if (d.getKind() != llvm::SourceMgr::DK_Error || d.getLineNo() < 1) return;
                (*static_cast<std::vector<Assembled>*>(lines))[size_t(d.getLineNo()) - 1].message =
                    d.getMessage().str();
            },
            &out);
        const auto fresh = make_context(&manager);
        const std::unique_ptr<llvm::MCObjectFileInfo> file(target->createMCObjectFileInfo(*fresh, false));
        fresh->setObjectFileInfo(file.get());
        const std::unique_ptr<llvm::MCCodeEmitter> emitter(target->createMCCodeEmitter(*instructions, *fresh));
        Collector collector(*fresh, *emitter, manager, out);
        target->createNullTargetStreamer(collector);
        const std::unique_ptr<llvm::MCAsmParser> parser(createMCAsmParser(manager, *fresh, collector, *info));
        const std::unique_ptr<llvm::MCTargetAsmParser> dialect(
            target->createMCAsmParser(*subtarget, *parser, *instructions, options));
        parser->setTargetParser(*dialect);
        parser->Run(false);
        return out;
    }

private:
    // Takes instructions as they are parsed.
    struct Collector : llvm::MCStreamer {
        Collector(llvm::MCContext& context, const llvm::MCCodeEmitter& emitter, const llvm::SourceMgr& manager,
                  std::vector<Assembled>& out)
            : MCStreamer(context), emitter(emitter), manager(manager), out(out) {}

        bool hasRawTextSupport() const override { return true; }
        bool emitSymbolAttribute(llvm::MCSymbol*, llvm::MCSymbolAttr) override { return true; }
        void emitCommonSymbol(llvm::MCSymbol*, uint64_t, llvm::Align) override {}
        void emitZerofill(llvm::MCSection*, llvm::MCSymbol*, uint64_t, llvm::Align, llvm::SMLoc) override {}
        void emitInstruction(const llvm::MCInst& inst, const llvm::MCSubtargetInfo& subtarget) override {
            llvm::SmallString<16> bytes;
            llvm::raw_svector_ostream stream(bytes);
            llvm::SmallVector<llvm::MCFixup, 2> fixups;
            emitter.encodeInstruction(inst, stream, fixups, subtarget);
            Words words;
            words.dwords = int(bytes.size() / 4);
            std::memcpy(&words.w0, bytes.data(), 4);
            if (words.dwords == 2) std::memcpy(&words.w1, bytes.data() + 4, 4);
            out[manager.getLineAndColumn(inst.getLoc()).first - 1].words = words;
        }

        const llvm::MCCodeEmitter& emitter;
        const llvm::SourceMgr& manager;
        std::vector<Assembled>& out;
    };

    std::unique_ptr<llvm::MCContext> make_context(const llvm::SourceMgr* manager) const {
        return std::make_unique<llvm::MCContext>(triple, info.get(), registers.get(), subtarget.get(), manager,
                                                 &options);
    }

    // Tabs to blanks, comments out.
    static void tidy(Disassembled& out) {
        std::string text;
        for (size_t i = 0; i < out.text.size(); ++i) {
            if (out.text.compare(i, 2, "/*") == 0) {
                out.has_doubt = true;
                i = out.text.find("*/", i) + 1;
                continue;
            }
            const char c = out.text[i] == '\t' ? ' ' : out.text[i];
            if (c == ' ' && (text.empty() || text.back() == ' ')) continue;
            text += c;
        }
        while (!text.empty() && text.back() == ' ') text.pop_back();
        out.text = text;
    }

    const llvm::Triple triple{"amdgcn-amd-amdhsa"};
    const llvm::Target* target;
    llvm::MCTargetOptions options;
    std::unique_ptr<llvm::MCRegisterInfo> registers;
    std::unique_ptr<llvm::MCAsmInfo> info;
    std::unique_ptr<llvm::MCSubtargetInfo> subtarget;
    std::unique_ptr<llvm::MCInstrInfo> instructions;
    std::unique_ptr<llvm::MCContext> context;
    std::unique_ptr<llvm::MCDisassembler> disassembler;
    std::unique_ptr<llvm::MCInstPrinter> printer;
};

}  // namespace gcn::oracle

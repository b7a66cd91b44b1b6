// What the device does not offer: the callers have another way when they are told so.

#include "emulator/kfd/session.hpp"

using namespace gcn::emulator::kfd;

// Refused, it makes ROCr 5.2.3 report errors of queues through queue_inactive_signal (emulator/cp/aql.cpp) instead of
// exception bits, which need a debugger's interface. Any other failure would end hsa_init.
HSAKMT_STATUS hsaKmtRuntimeEnable(void*, bool) { return HSAKMT_STATUS_NOT_SUPPORTED; }
HSAKMT_STATUS hsaKmtRuntimeDisable() { return HSAKMT_STATUS_NOT_SUPPORTED; }

// The command processor reports traps itself, so the runtime's handler is accepted and never runs.
HSAKMT_STATUS hsaKmtSetTrapHandler(HSAuint32 node, void*, HSAuint64, void*, HSAuint64) {
    return call([&](Session&) { return node == gpu_node ? HSAKMT_STATUS_SUCCESS : HSAKMT_STATUS_INVALID_NODE_UNIT; });
}

// gfx8 has neither shared virtual memory nor XNACK.
HSAKMT_STATUS hsaKmtSVMSetAttr(void*, HSAuint64, unsigned, HSA_SVM_ATTRIBUTE*) { return HSAKMT_STATUS_NOT_SUPPORTED; }
HSAKMT_STATUS hsaKmtSVMGetAttr(void*, HSAuint64, unsigned, HSA_SVM_ATTRIBUTE*) { return HSAKMT_STATUS_NOT_SUPPORTED; }
HSAKMT_STATUS hsaKmtSetXNACKMode(HSAint32) { return HSAKMT_STATUS_NOT_SUPPORTED; }
HSAKMT_STATUS hsaKmtGetXNACKMode(HSAint32* enabled) {
    if (!enabled) return HSAKMT_STATUS_INVALID_PARAMETER;
    *enabled = 0;
    return HSAKMT_STATUS_SUCCESS;
}

// Memory is not shared between processes, nor with a graphics interface.
HSAKMT_STATUS hsaKmtShareMemory(void*, HSAuint64, HsaSharedMemoryHandle*) { return HSAKMT_STATUS_NOT_SUPPORTED; }
HSAKMT_STATUS hsaKmtRegisterSharedHandle(const HsaSharedMemoryHandle*, void**, HSAuint64*) {
    return HSAKMT_STATUS_NOT_SUPPORTED;
}
HSAKMT_STATUS hsaKmtRegisterSharedHandleToNodes(const HsaSharedMemoryHandle*, void**, HSAuint64*, HSAuint64,
                                                HSAuint32*) {
    return HSAKMT_STATUS_NOT_SUPPORTED;
}
HSAKMT_STATUS hsaKmtRegisterGraphicsHandleToNodes(HSAuint64, HsaGraphicsResourceInfo*, HSAuint64, HSAuint32*) {
    return HSAKMT_STATUS_NOT_SUPPORTED;
}

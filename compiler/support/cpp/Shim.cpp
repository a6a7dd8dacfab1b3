// What LLVM 22's C API lacks: Rust passes as registered passes, and the opt, translate and
// language-server drivers.

#include "mlir-c/IR.h"
#include "mlir/CAPI/IR.h"
#include "mlir/CAPI/Pass.h"
#include "mlir/CAPI/Support.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Tools/mlir-translate/MlirTranslateMain.h"
#include "mlir/Tools/mlir-translate/Translation.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

using namespace mlir;

extern "C" {
typedef struct {
  const char *name, *description, *init;
} ZkcPassOption;

// Lives for ever: the registry keeps a pointer to it.
typedef struct {
  const char *argument, *description, *opName; // opName "" means any operation
  const ZkcPassOption *options;
  size_t optionCount;
  const MlirDialectHandle *dialects;
  size_t dialectCount;
  const void *user;
  // Option values come as optionCount strings; returns false on failure.
  bool (*run)(const void *user, MlirOperation op, const MlirStringRef *options);
} ZkcPass;

typedef bool (*ZkcToMlir)(const void *user, MlirContext, MlirStringRef bytes, MlirStringRef name,
                          MlirOperation *out);
typedef bool (*ZkcFromMlir)(const void *user, MlirOperation, MlirStringCallback write, void *data);
}

namespace {

struct RustPass : Pass {
  using Opt = Pass::Option<std::string>;

  RustPass(const ZkcPass *pass)
      : Pass(TypeID::getFromOpaquePointer(pass),
             pass->opName[0] ? std::optional<StringRef>(pass->opName) : std::nullopt),
        pass(pass) {
    for (size_t i = 0; i < pass->optionCount; ++i)
      opts.push_back(std::make_unique<Opt>(*this, pass->options[i].name,
                                           llvm::cl::desc(pass->options[i].description),
                                           llvm::cl::init(std::string(pass->options[i].init))));
  }
  StringRef getName() const override { return pass->argument; }
  StringRef getArgument() const override { return pass->argument; }
  StringRef getDescription() const override { return pass->description; }
  bool canScheduleOn(RegisteredOperationName name) const override {
    return !getOpName() || *getOpName() == name.getStringRef();
  }
  void getDependentDialects(DialectRegistry &registry) const override {
    for (size_t i = 0; i < pass->dialectCount; ++i)
      mlirDialectHandleInsertDialect(pass->dialects[i], wrap(&registry));
  }
  std::unique_ptr<Pass> clonePass() const override {
    auto copy = std::make_unique<RustPass>(pass);
    copy->copyOptionValuesFrom(this);
    return copy;
  }
  void runOnOperation() override {
    SmallVector<MlirStringRef> values;
    for (auto &o : opts)
      values.push_back(wrap(StringRef(o->getValue())));
    if (!pass->run(pass->user, wrap(getOperation()), values.data()))
      signalPassFailure();
  }

  const ZkcPass *pass;
  std::vector<std::unique_ptr<Opt>> opts;
};

} // namespace

extern "C" {

void zkcRegisterPass(const ZkcPass *pass) {
  registerPass([pass]() -> std::unique_ptr<Pass> { return std::make_unique<RustPass>(pass); });
}

void zkcRegisterTransformPasses() { registerTransformsPasses(); }

int zkcOptMain(int argc, char **argv, MlirStringRef tool, MlirDialectRegistry registry) {
  return asMainReturnCode(MlirOptMain(argc, argv, unwrap(tool), *unwrap(registry)));
}

void zkcRegisterToMlir(MlirStringRef name, MlirStringRef description, MlirDialectRegistry registry,
                       ZkcToMlir f, const void *user) {
  DialectRegistry *r = unwrap(registry);
  TranslateToMLIRRegistration(
      unwrap(name), unwrap(description),
      TranslateRawSourceMgrToMLIRFunction(
          [=](llvm::SourceMgr &sm, MLIRContext *c) -> OwningOpRef<Operation *> {
            const llvm::MemoryBuffer *b = sm.getMemoryBuffer(sm.getMainFileID());
            MlirOperation op{nullptr};
            if (!f(user, wrap(c), wrap(b->getBuffer()), wrap(b->getBufferIdentifier()), &op))
              return nullptr;
            return unwrap(op);
          }),
      [r](DialectRegistry &d) { r->appendTo(d); });
}

void zkcRegisterFromMlir(MlirStringRef name, MlirStringRef description,
                         MlirDialectRegistry registry, ZkcFromMlir f, const void *user) {
  DialectRegistry *r = unwrap(registry);
  TranslateFromMLIRRegistration(
      unwrap(name), unwrap(description),
      [=](Operation *op, raw_ostream &os) -> LogicalResult {
        auto write = [](MlirStringRef s, void *p) { *static_cast<raw_ostream *>(p) << unwrap(s); };
        return success(f(user, wrap(op), write, &os));
      },
      [r](DialectRegistry &d) { r->appendTo(d); });
}

int zkcTranslateMain(int argc, char **argv, MlirStringRef tool) {
  return asMainReturnCode(mlirTranslateMain(argc, argv, unwrap(tool)));
}

int zkcLspMain(int argc, char **argv, MlirDialectRegistry registry) {
  return asMainReturnCode(MlirLspServerMain(argc, argv, *unwrap(registry)));
}

void zkcEmitNote(MlirLocation location, MlirStringRef message) {
  emitRemark(unwrap(location)) << unwrap(message);
}
void zkcEmitWarning(MlirLocation location, MlirStringRef message) {
  emitWarning(unwrap(location)) << unwrap(message);
}
// Each note is shown below the error, without a location of its own.
void zkcEmitError(MlirLocation location, MlirStringRef message, const MlirStringRef *notes,
                  size_t noteCount) {
  InFlightDiagnostic d = emitError(unwrap(location)) << unwrap(message);
  for (size_t i = 0; i < noteCount; ++i)
    d.attachNote() << unwrap(notes[i]);
}
}

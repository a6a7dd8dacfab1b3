//! `zkc-lsp-server`: MLIR's language server with the dialects of zkc, for editors.

fn main() {
    let args: Vec<String> = std::env::args().collect();
    std::process::exit(zkc_support::lsp_main(&args))
}

//! `zkc-opt`: MLIR's opt driver with the dialects and passes of zkc.

fn main() {
    zkc_passes::register();
    let args: Vec<String> = std::env::args().collect();
    std::process::exit(zkc_support::opt_main(
        &args,
        "zkc-opt: pass driver of the zkc compiler\n",
    ))
}

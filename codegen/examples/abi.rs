//! Prints the structures that host and device share, as the device sees them.

fn main() {
    print!("{}", ringkernel_codegen::abi::header());
}

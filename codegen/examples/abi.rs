fn main(){print!("{}", ringkernel_codegen::abi::header());}

"""What commands say, in Korean: tables of English texts and their Korean, which console.output.language uses."""

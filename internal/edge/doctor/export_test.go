package doctor

// JudgeSpeed is judgeSpeed, for its test.
func JudgeSpeed(rate int64) Finding { return judgeSpeed(rate) }

#include "report/outputs.h"

#define ROW(name) [REPORT_##name] = &name##_output,
const struct report_output *const report_outputs[REPORT_COUNT] = { REPORT_OUTPUTS(ROW) };

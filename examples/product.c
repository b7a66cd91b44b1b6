/* C = A * B through the C interface: prints C and the device that computed it. */
#include <gcn/gcn.h>
#include <stdio.h>

int main(void) {
    /* Column major: A is 2 x 3, B is 3 x 2. */
    const float a_values[] = {1, 4, 2, 5, 3, 6}, b_values[] = {7, 9, 11, 8, 10, 12};
    float c_values[4];
    gcn_device* device = NULL;
    gcn_buffer *a = NULL, *b = NULL, *c = NULL;
    gcn_plan* plan = NULL;
    struct gcn_gemm gemm;

    const int status = gcn_device_open(NULL, &device) || gcn_gemm_init(&gemm, sizeof gemm, 2, 2, 3) ||
                       gcn_plan_make(device, &gemm, &plan) ||
                       gcn_buffer_alloc(device, sizeof a_values, &a) ||
                       gcn_buffer_alloc(device, sizeof b_values, &b) ||
                       gcn_buffer_alloc(device, sizeof c_values, &c) ||
                       gcn_buffer_write(a, a_values, sizeof a_values, 0) ||
                       gcn_buffer_write(b, b_values, sizeof b_values, 0) ||
                       gcn_plan_run(plan, a, b, c, NULL) || gcn_buffer_read(c, c_values, sizeof c_values, 0);
    if (status) {
        fprintf(stderr, "%s\n", gcn_error());
    } else {
        printf("%g %g\n%g %g\n", c_values[0], c_values[2], c_values[1], c_values[3]);
        printf("on %s\n", gcn_device_name(device));
    }
    gcn_plan_free(plan), gcn_buffer_free(a), gcn_buffer_free(b), gcn_buffer_free(c), gcn_device_close(device);
    return status;
}

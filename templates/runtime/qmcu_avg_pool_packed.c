/* SPDX-License-Identifier: 0BSD */
#include "qmcu_avg_pool_packed.h"
#include "qmcu_packed.h"
#include "qmcu_requant.h"

static int32_t sum_of_channel(const qmcu_avg_pool_packed_layer *layer, const qmcu_view *view, int32_t channel)
{
    const qmcu_window *window = view->window;
    int32_t sum = 0;
    for (int32_t i = 0; i < view->rows.inside; i++) {
        const uint8_t *row = qmcu_row(view->input, view->arena, view->rows.first + i * window->dilation_h);
        for (int32_t k = 0; k < view->columns.inside; k++) {
            const int32_t x = view->columns.first + k * window->dilation_w - view->in_x;
            sum += qmcu_stored_value(row, x, channel, view->input->channels, layer->bits);
        }
    }
    return sum;
}

/* The values are not negative, so halves away from zero are halves upwards. */
static void compute_pixel(const qmcu_avg_pool_packed_layer *layer, const qmcu_view *view, uint8_t *row, int32_t column)
{
    const int32_t count = view->rows.inside * view->columns.inside;
    for (int32_t channel = 0; channel < layer->output.channels; channel++) {
        const int32_t average = (sum_of_channel(layer, view, channel) + count / 2) / count;
        const int8_t value = (int8_t)qmcu_clamp(average, layer->pool.min, layer->pool.max);
        qmcu_store_value(row, column, channel, layer->output.channels, layer->bits, value);
    }
}

void qmcu_avg_pool_packed(const qmcu_avg_pool_packed_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const qmcu_map *input = &layer->pool.input;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        qmcu_view view = qmcu_view_row(&layer->pool.window, input, arena, y, rect->in_x[0]);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            qmcu_view_column(&view, x);
            compute_pixel(layer, &view, qmcu_row(&layer->output, arena, y), x - rect->out_x);
        }
    }
}

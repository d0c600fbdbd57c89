import { expect, it } from 'vitest';
import { accountMemory, parseLinkerMap } from '../../src/device/linker-map.ts';

const map = `Discarded input sections

 .text          0x00000000        0x0 model_0.o
 .text.unused   0x00000000      0x100 model_0.o

Linker script and memory map

.text           0x00000100      0x4a0
 *(.text .text.*)
 .text.main     0x00000100       0x40 harness_main.o
                0x00000100                main
 .text.conv_rows_of_a_long_name
                0x00000140      0x200 model_0.o
                0x00000140                conv_rows_of_a_long_name
 *fill*         0x00000340        0x2 
 .text          0x00000342       0x1a /usr/lib/libc.a(lib_a-memcpy.o)
 .text.stub     0x0000035c        0x8 linker stubs

.rodata         0x000005a0       0x90
 .rodata.weights
                0x000005a0       0x80 model_1.o
 .rodata.powers 0x00000620       0x10 harness_report.o

.data           0x20000000       0x14 load address 0x00000630
 .data.table    0x20000000        0xc model_1.o
 .data.separator
                0x2000000c        0x4 harness_report.o

.bss            0x20000014       0x30
 .bss.qmcu_context
                0x20000014        0x8 harness_main.o
 .bss.last      0x2000001c        0x4 harness_counter.o
 COMMON         0x20000020       0x10 model_0.o

.qmcu_arena     0x20000050     0x4000
 .qmcu_arena    0x20000050     0x4000 harness_main.o

.comment        0x00000000       0x26
 .comment       0x00000000       0x26 model_0.o
`;

it('lists what the linker placed, names on lines of their own included, and nothing that it discarded', () => {
  const found = parseLinkerMap(map);
  expect(found).toContainEqual({
    outputSection: '.text',
    inputSection: '.text.conv_rows_of_a_long_name',
    bytes: 0x200,
    file: 'model_0.o',
  });
  expect(found.map(({ inputSection }) => inputSection)).not.toContain('.text.unused');
  expect(found).toHaveLength(13);
});

it('counts what is the model’s: its objects, the library members it needs, the arena and the context', () => {
  const text = 0x200 + 0x1a + 0x8;
  expect(accountMemory(parseLinkerMap(map))).toEqual({
    flash: { text, rodata: 0x80, data: 0xc, total: text + 0x80 + 0xc },
    ram: { arena: 0x4000, static: 0xc + 0x8 + 0x10 },
  });
});

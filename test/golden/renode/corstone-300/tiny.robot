*** Settings ***
Documentation     tiny on Arm Corstone-300 (MPS3 AN547: 512 KB DTCM, 4 MB SRAM, 8 MB flash), as Renode models it. Run with: renode-test tiny.robot
Library           OperatingSystem
Library           String

*** Variables ***
${UART}           sysbus.uart0

*** Keywords ***
Start The Board
    Execute Command    include @${CURDIR}/tiny.resc
    Create Terminal Tester    ${UART}
    Register Failing Uart String    ^e-\\[    treatAsRegex=true
    Register Failing Uart String    QUANTMCU
    Start Emulation
    Wait For Line On Uart    m-init-done
    Wait For Line On Uart    m-ready

Load The Input
    [Arguments]    ${file}
    ${text}=    Get File    ${CURDIR}/${file}
    @{commands}=    Split To Lines    ${text}
    FOR    ${command}    IN    @{commands}
        Write To Uart    ${command}
        Wait For Line On Uart    m-ready
    END

Infer And Expect
    [Arguments]    ${results}    ${crc}
    ${before}=    Execute Command    cpu ExecutedInstructions
    Write To Uart    infer 1%
    Wait For Line On Uart    m-infer-done    timeout=600
    Wait For Line On Uart    m-results-[${results}]
    Wait For Line On Uart    m-crc-[${crc}]
    Wait For Line On Uart    m-ready
    ${after}=    Execute Command    cpu ExecutedInstructions
    ${count}=    Evaluate    int(${after}) - int(${before})
    Log To Console    instructions, with what the UART takes: ${count}

*** Test Cases ***
Should Say Which Model It Holds
    Start The Board
    Write To Uart    profile%
    Wait For Line On Uart    m-model-[tiny]
    Wait For Line On Uart    m-build-[c0ffee123456]

Should Compute Input 0 As The Integer Executor Does
    Start The Board
    Load The Input    input-0.txt
    Infer And Expect    3,-1,-128    839b1919

Should Compute Input 1 As The Integer Executor Does
    Start The Board
    Load The Input    input-1.txt
    Infer And Expect    0,1,2    0854897f

NAME        
OBJSENSE
  MAX
ROWS
 N  Obj     
 L  capacity(plant,1)
 L  capacity(plant,2)
 E  balance 
 L  free(1) 
COLUMNS
    MARK0000  'MARKER'                 'INTORG'
    open      Obj       3
    open      capacity(plant,1)  1
    open      capacity(plant,2)  1
    MARK0001  'MARKER'                 'INTEND'
    flow(plant~20;1,~c4;rmel)  Obj       2.125
    flow(plant~20;1,~c4;rmel)  capacity(plant,1)  1
    flow(plant~20;1,~c4;rmel)  capacity(plant,2)  3
    flow(plant~20;1,~c4;rmel)  free(1)   1
    flow(a~28;b~29;,c~7e;d)  Obj       1
    flow(a~28;b~29;,c~7e;d)  capacity(plant,2)  1e-10
    flow(a~28;b~29;,c~7e;d)  balance   1
    MARK0002  'MARKER'                 'INTORG'
    _~;e1     balance   -1
    _~;e1     free(1)   1
    MARK0003  'MARKER'                 'INTEND'
RHS
    RHS_V     Obj       -7.25
    RHS_V     capacity(plant,1)  4
    RHS_V     capacity(plant,2)  6
    RHS_V     free(1)   9
RANGES
    RANGE     capacity(plant,2)  4
BOUNDS
 BV BOUND     open    
 FR BOUND     flow(plant~20;1,~c4;rmel)
 LO BOUND     flow(a~28;b~29;,c~7e;d)  -5
 UI BOUND     _~;e1     7
ENDATA
